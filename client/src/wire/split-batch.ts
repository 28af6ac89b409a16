import type { DropReason } from '@telemetry/gen/constants';
import { ByteReader } from './byte-reader.ts';
import type { DroppedRange } from './encode-batch.ts';

/** The top level of an encoded `EventBatch`: where each part of it lies. */
export interface BatchParts {
  readonly producerId: Uint8Array;
  readonly coreBytes: Uint8Array;
  /** All entries of `events`, side by side, tags included. */
  readonly eventsBytes: Uint8Array;
  /** Where each event begins in `eventsBytes`, and its number. */
  readonly events: readonly { readonly offset: number; readonly seq: number }[];
  readonly dropped: readonly DroppedRange[];
}

/**
 * Takes an encoded `EventBatch` apart without building its events. Expects what this package encodes, with the events side by side.
 *
 * @throws WireError when the bytes are not a batch.
 */
export function readBatchParts(bytes: Uint8Array): BatchParts {
  const reader = new ByteReader(bytes);
  const events: { offset: number; seq: number }[] = [];
  const dropped: DroppedRange[] = [];
  let producerId = new Uint8Array(0);
  let coreBytes = new Uint8Array(0);
  let eventsStart = 0;
  let eventsEnd = 0;
  while (!reader.done) {
    const fieldStart = reader.position;
    const tag = reader.varint();
    if (tag === 0x1a) {
      eventsStart = events.length === 0 ? fieldStart : eventsStart;
      events.push({ offset: fieldStart - eventsStart, seq: firstNumber(reader.message()) });
      eventsEnd = reader.position;
    } else if (tag === 0x22) {
      dropped.push(readDroppedRange(reader.message()));
    } else if (tag === 0x0a) {
      producerId = bytes.slice(reader.lengthDelimited(), reader.position);
    } else if (tag === 0x12) {
      coreBytes = bytes.slice(reader.lengthDelimited(), reader.position);
    } else {
      reader.skip(tag);
    }
  }
  return { producerId, coreBytes, eventsBytes: bytes.subarray(eventsStart, eventsEnd), events, dropped };
}

/** Cuts what a batch holds in two: both have something where the batch has two things, be they events or declared runs. */
export function halve(parts: BatchParts): [BatchParts, BatchParts] {
  const eventCut = Math.ceil(parts.events.length / 2);
  const rangeCut = Math.floor(parts.dropped.length / 2);
  const byteCut = parts.events[eventCut]?.offset ?? parts.eventsBytes.length;
  const first: BatchParts = {
    ...parts,
    eventsBytes: parts.eventsBytes.subarray(0, byteCut),
    events: parts.events.slice(0, eventCut),
    dropped: parts.dropped.slice(0, rangeCut),
  };
  const second: BatchParts = {
    ...parts,
    eventsBytes: parts.eventsBytes.subarray(byteCut),
    events: parts.events.slice(eventCut).map((event) => ({ offset: event.offset - byteCut, seq: event.seq })),
    dropped: parts.dropped.slice(rangeCut),
  };
  return [first, second];
}

/** The number of an event, from here on: its first field as this package writes it, wherever it stands as others may. */
export function firstNumber(event: ByteReader): number {
  while (!event.done) {
    const tag = event.varint();
    if (tag === 0x08) {
      return event.varint();
    }
    event.skip(tag);
  }
  return 0;
}

function readDroppedRange(reader: ByteReader): DroppedRange {
  let firstSeq = 0;
  let lastSeq = 0;
  let reason = 0;
  let blacklistVersion: number | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) {
      firstSeq = reader.varint();
    } else if (tag === 0x10) {
      lastSeq = reader.varint();
    } else if (tag === 0x18) {
      reason = reader.varint();
    } else if (tag === 0x20) {
      blacklistVersion = reader.varint();
    } else {
      reader.skip(tag);
    }
  }
  return { firstSeq, lastSeq, reason: reason as DropReason, blacklistVersion };
}
