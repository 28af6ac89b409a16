import { create, toBinary } from '@bufbuild/protobuf';
import { type Ack, AckSchema } from '@telemetry/gen';
import { writeVarint } from '../spool/record-codec.ts';
import type { AckFacts } from './ack.ts';
import { toDuration } from './grpc-status.ts';

const TAG_REQUEST_INDEX = 1 << 3;
const TAG_OUTCOME = 2 << 3;
const TAG_DURABILITY = 3 << 3;
const TAG_ACCEPTED_EVENTS = 4 << 3;
const TAG_BLACKLIST_VERSION = 9 << 3;
/** `PublishStreamResponse.acks`: field 1, length-delimited. */
const TAG_ACKS = (1 << 3) | 2;
/** Five varints of at most 10 bytes with their tags. */
const PLAIN_ACK_SIZE_BYTES_MAX = 55;
const INITIAL_SIZE_BYTES = 4096;

/** The acknowledgement as a message. */
export function toAck(facts: AckFacts, requestIndex: number, blacklistVersion: number, droppedEventsMax: number): Ack {
  const { refusal } = facts;
  const ack = create(AckSchema, {
    requestIndex: BigInt(requestIndex),
    outcome: facts.outcome,
    durability: facts.durability,
    acceptedEvents: facts.acceptedEvents,
    droppedEventCount: facts.droppedEvents.length,
    droppedEvents: facts.droppedEvents.slice(0, droppedEventsMax).map((event) => ({
      index: event.index,
      reason: event.reason,
      field: event.violation.field,
      message: event.violation.message,
    })),
    blacklistVersion: BigInt(blacklistVersion),
  });
  if (refusal === undefined) return ack;
  const rejection = { reason: refusal.reason, field: refusal.field, message: refusal.message };
  const withRejection = create(AckSchema, { ...ack, rejection: { $typeName: 'telemetry.v1.Rejection', ...rejection } });
  if (refusal.permanence.kind === 'permanent') return withRejection;
  return create(AckSchema, { ...withRejection, retryDelay: toDuration(refusal.permanence.retryDelayMs) });
}

/** A serialized `PublishStreamResponse`. */
export interface AckMessage {
  readonly bytes: Buffer;
  /** Number of acknowledgements in it. */
  readonly acks: number;
}

/**
 * Builds `PublishStreamResponse` messages acknowledgement by acknowledgement. The plain ones, nearly all, are written as bytes at once: at
 * 17,000 batches/s the general encoder would take a tenth of a core for them.
 */
export class AckWriter {
  readonly #droppedEventsMax: number;
  readonly #messageSizeBytesMax: number;
  #buffer = Buffer.allocUnsafe(INITIAL_SIZE_BYTES);
  #sizeBytes = 0;
  #acks = 0;
  readonly #finished: AckMessage[] = [];

  /** @param messageSizeBytesMax a message that has reached this size takes no more */
  constructor(droppedEventsMax: number, messageSizeBytesMax: number) {
    this.#droppedEventsMax = droppedEventsMax;
    this.#messageSizeBytesMax = messageSizeBytesMax;
  }

  get isEmpty(): boolean {
    return this.#acks === 0 && this.#finished.length === 0;
  }

  /** Bytes that were not taken. */
  get sizeBytes(): number {
    return this.#finished.reduce((sum, message) => sum + message.bytes.length, this.#sizeBytes);
  }

  /** Adds an acknowledgement. */
  add(facts: AckFacts, requestIndex: number, blacklistVersion: number): void {
    if (this.#sizeBytes >= this.#messageSizeBytesMax) this.#finished.push(this.#finish());
    this.#acks++;
    if (facts.refusal !== undefined || facts.droppedEvents.length > 0) {
      this.#addMessage(toBinary(AckSchema, toAck(facts, requestIndex, blacklistVersion, this.#droppedEventsMax)));
      return;
    }
    this.#reserve(PLAIN_ACK_SIZE_BYTES_MAX + 2);
    const buffer = this.#buffer;
    const start = this.#sizeBytes;
    let end = start + 2;
    end = writeField(buffer, end, TAG_REQUEST_INDEX, requestIndex);
    end = writeField(buffer, end, TAG_OUTCOME, facts.outcome);
    end = writeField(buffer, end, TAG_DURABILITY, facts.durability);
    end = writeField(buffer, end, TAG_ACCEPTED_EVENTS, facts.acceptedEvents);
    end = writeField(buffer, end, TAG_BLACKLIST_VERSION, blacklistVersion);
    buffer[start] = TAG_ACKS;
    buffer[start + 1] = end - start - 2;
    this.#sizeBytes = end;
  }

  /** The oldest message that was not taken. */
  take(): AckMessage {
    return this.#finished.shift() ?? this.#finish();
  }

  #finish(): AckMessage {
    const message = { bytes: Buffer.from(this.#buffer.subarray(0, this.#sizeBytes)), acks: this.#acks };
    this.#sizeBytes = 0;
    this.#acks = 0;
    return message;
  }

  #addMessage(bytes: Uint8Array): void {
    this.#reserve(bytes.length + 11);
    this.#buffer[this.#sizeBytes] = TAG_ACKS;
    const start = writeVarint(this.#buffer, this.#sizeBytes + 1, bytes.length);
    this.#buffer.set(bytes, start);
    this.#sizeBytes = start + bytes.length;
  }

  #reserve(sizeBytes: number): void {
    if (this.#sizeBytes + sizeBytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#sizeBytes + sizeBytes));
    this.#buffer.copy(larger, 0, 0, this.#sizeBytes);
    this.#buffer = larger;
  }
}

function writeField(buffer: Buffer, position: number, tag: number, value: number): number {
  if (value === 0) return position;
  buffer[position] = tag;
  return writeVarint(buffer, position + 1, value);
}
