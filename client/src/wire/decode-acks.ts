import type { DropReason, Durability, ErrorReason, Outcome } from '@telemetry/gen/constants';
import { ByteReader } from './byte-reader.ts';
import { decodeDurationMs } from './decode-time.ts';

/** What became of a batch: `telemetry.v1.Ack` with plain numbers. */
export interface Ack {
  /** Which batch of the connection this answers, counted from 0. */
  requestIndex: number;
  outcome: Outcome;
  durability: Durability;
  acceptedEvents: number;
  /** Events that were not taken, while the others were. At most 100; `droppedEventCount` is all. */
  droppedEvents: readonly DroppedEvent[];
  droppedEventCount: number;
  /** Why the batch was refused, when it was. */
  rejection: { readonly reason: ErrorReason; readonly message: string; readonly field: string } | undefined;
  /** When to send again at the earliest. */
  retryDelayMs: number;
  blacklistVersion: number;
}

/** An event that the collector did not take. */
interface DroppedEvent {
  /** Its place among the events of the batch, from 0. */
  readonly index: number;
  readonly reason: DropReason;
  /** The field that is wrong; empty: the event as a whole. */
  readonly field: string;
  /** What is wrong, for people. */
  readonly message: string;
}

/** An acknowledgement with nothing said, to be filled in. */
export function emptyAck(requestIndex = 0): Ack {
  return {
    requestIndex,
    outcome: 0,
    durability: 0,
    acceptedEvents: 0,
    droppedEvents: noDroppedEvents,
    droppedEventCount: 0,
    rejection: undefined,
    retryDelayMs: 0,
    blacklistVersion: 0,
  };
}

const noDroppedEvents: Ack['droppedEvents'] = Object.freeze([]);

/**
 * Decodes a `PublishStreamResponse` into its acknowledgements, or a `PublishResponse` into its only one.
 *
 * @throws WireError when the bytes are not one.
 */
export function decodeAcks(bytes: Uint8Array): Ack[] {
  const acks: Ack[] = [];
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) {
      acks.push(decodeAck(reader.message()));
    } else {
      reader.skip(tag);
    }
  }
  return acks;
}

function decodeAck(reader: ByteReader): Ack {
  const ack = emptyAck();
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) {
      ack.requestIndex = reader.varint();
    } else if (tag === 0x10) {
      ack.outcome = reader.varint() as Outcome;
    } else if (tag === 0x18) {
      ack.durability = reader.varint() as Durability;
    } else if (tag === 0x20) {
      ack.acceptedEvents = reader.varint();
    } else if (tag === 0x2a) {
      ack.droppedEvents = [...ack.droppedEvents, decodeDroppedEvent(reader.message())];
    } else if (tag === 0x30) {
      ack.droppedEventCount = reader.varint();
    } else if (tag === 0x3a) {
      ack.rejection = decodeRejection(reader.message());
    } else if (tag === 0x42) {
      ack.retryDelayMs = decodeDurationMs(reader.message());
    } else if (tag === 0x48) {
      ack.blacklistVersion = reader.varint();
    } else {
      reader.skip(tag);
    }
  }
  return ack;
}

function decodeDroppedEvent(reader: ByteReader): DroppedEvent {
  const event = { index: 0, reason: 0 as DropReason, field: '', message: '' };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) {
      event.index = reader.varint();
    } else if (tag === 0x10) {
      event.reason = reader.varint() as DropReason;
    } else if (tag === 0x1a) {
      event.field = reader.text();
    } else if (tag === 0x22) {
      event.message = reader.text();
    } else {
      reader.skip(tag);
    }
  }
  return event;
}

function decodeRejection(reader: ByteReader): NonNullable<Ack['rejection']> {
  const rejection = { reason: 0 as ErrorReason, message: '', field: '' };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) {
      rejection.reason = reader.varint() as ErrorReason;
    } else if (tag === 0x12) {
      rejection.message = reader.text();
    } else if (tag === 0x1a) {
      rejection.field = reader.text();
    } else {
      reader.skip(tag);
    }
  }
  return rejection;
}
