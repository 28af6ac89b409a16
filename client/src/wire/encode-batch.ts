import type { DropReason } from '@telemetry/gen/constants';
import type { Core } from '../core.ts';
import type { TelemetryEvent } from '../event.ts';
import { ByteWriter } from './byte-writer.ts';
import { countField, encodeCore } from './encode-core.ts';
import { encodeEvent } from './encode-event.ts';

/** A run of event numbers that were dropped on purpose. */
export interface DroppedRange {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: DropReason;
  /** Version of the blacklist that dropped them, when that is the reason. */
  readonly blacklistVersion?: number | undefined;
}

/** An event with its number and time. */
export interface SequencedEvent extends Omit<TelemetryEvent, 'time'> {
  /** Number among the events of its producer: 1, 2, 3 … */
  readonly seq: number;
  /** When it happened: microseconds since 1970-01-01T00:00:00 UTC. */
  readonly timeUnixUs: number;
}

/** A batch as it is before it is sealed. */
export interface BatchContent {
  /** 16 random bytes. */
  readonly producerId: Uint8Array;
  readonly core: Core;
  /** In the order of their numbers, which strictly increase. */
  readonly events: readonly SequencedEvent[];
  readonly dropped?: readonly DroppedRange[] | undefined;
}

/** One writer for all batches: encoding is synchronous, and its bytes are copied out. */
const writer = new ByteWriter(64 * 1024);

/** Encodes a `telemetry.v1.EventBatch`. */
export function encodeBatch(content: BatchContent): Uint8Array {
  writer.truncate(0);
  writer.byte(0x0a);
  writer.bytes(content.producerId);
  const start = writer.beginMessage(0x12);
  encodeCore(writer, content.core);
  writer.endMessage(start);
  for (const event of content.events) {
    encodeEvent(writer, event.seq, event.timeUnixUs, event);
  }
  for (const range of content.dropped ?? []) {
    encodeDroppedRange(writer, range);
  }
  return writer.copy();
}

/** Encodes an `EventBatch` of events that are encoded already: entries of `encodeEvent`, side by side. */
export function assembleBatch(
  producerId: Uint8Array,
  coreBytes: Uint8Array,
  eventsBytes: Uint8Array,
  dropped: readonly DroppedRange[],
): Uint8Array {
  writer.truncate(0);
  writeBatchHead(writer, producerId, coreBytes);
  writer.raw(eventsBytes);
  for (const range of dropped) {
    encodeDroppedRange(writer, range);
  }
  return writer.copy();
}

/** Writes what stands before the events of a batch. */
export function writeBatchHead(target: ByteWriter, producerId: Uint8Array, coreBytes: Uint8Array): void {
  target.byte(0x0a);
  target.bytes(producerId);
  target.byte(0x12);
  target.bytes(coreBytes);
}

/** Writes one entry of `EventBatch.dropped`, with tag and length. */
function encodeDroppedRange(target: ByteWriter, range: DroppedRange): void {
  const start = target.beginMessage(0x22);
  countField(target, 0x08, range.firstSeq);
  countField(target, 0x10, range.lastSeq);
  countField(target, 0x18, range.reason);
  countField(target, 0x20, range.blacklistVersion);
  target.endMessage(start);
}
