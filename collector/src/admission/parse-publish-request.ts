import { Encoding, ErrorReason } from '@telemetry/gen';
import { WIRE_LENGTH_DELIMITED, WIRE_VARINT } from './message-rules.ts';
import { Refusal } from './refusal.ts';
import { WireCursor } from './wire-cursor.ts';

const FIELD_BATCH = 1;
const FIELD_SEALED = 2;
const FIELD_ATTEMPT = 3;
const FIELD_SEALED_ENCODING = 1;
const FIELD_SEALED_BYTES = 2;
const FIELD_STREAM_REQUESTS = 1;

/** A `PublishRequest` with its content still as the bytes that came. */
export interface PublishEnvelope {
  readonly encoding: Encoding;
  /** The batch as sent: sealed, or serialized as part of the request. */
  readonly content: Uint8Array;
  readonly isSealed: boolean;
  /** 1 the first time. */
  readonly attempt: number;
}

/** Cuts requests out of their messages. Reads in place: what it returns are views. */
export class EnvelopeParser {
  readonly #cursor = new WireCursor();

  /** Where each `PublishRequest` of a `PublishStreamRequest` lies. Throws `Refusal` when the message is broken. */
  requestsOf(message: Uint8Array): Uint8Array[] {
    const cursor = this.#cursor;
    cursor.reset(message);
    const requests: Uint8Array[] = [];
    while (cursor.position < message.length) {
      const tag = cursor.tag(message.length);
      if (tag === FIELD_STREAM_REQUESTS * 8 + WIRE_LENGTH_DELIMITED) {
        const end = cursor.lengthDelimitedEnd(message.length);
        requests.push(message.subarray(cursor.position, end));
        cursor.position = end;
      } else {
        cursor.skipValue(tag & 7, message.length);
      }
    }
    return requests;
  }

  /** Parses one `PublishRequest`. Throws `Refusal` when it is broken or holds no batch. */
  parse(request: Uint8Array): PublishEnvelope {
    const cursor = this.#cursor;
    cursor.reset(request);
    const end = request.length;
    let attempt = 1;
    let content: Uint8Array | undefined;
    let encoding: Encoding = Encoding.IDENTITY;
    let isSealed = false;
    while (cursor.position < end) {
      const tag = cursor.tag(end);
      if (tag === FIELD_ATTEMPT * 8 + WIRE_VARINT) {
        attempt = Math.max(1, cursor.varint(end));
      } else if (tag === FIELD_BATCH * 8 + WIRE_LENGTH_DELIMITED || tag === FIELD_SEALED * 8 + WIRE_LENGTH_DELIMITED) {
        if (content !== undefined) throw Refusal.malformed('content', 'More than one batch in one request.');
        isSealed = tag >> 3 === FIELD_SEALED;
        const fieldEnd = cursor.lengthDelimitedEnd(end);
        if (isSealed) {
          const sealed = this.#sealed(fieldEnd);
          encoding = sealed.encoding;
          content = sealed.bytes;
        } else {
          content = request.subarray(cursor.position, fieldEnd);
        }
        cursor.position = fieldEnd;
      } else {
        cursor.skipValue(tag & 7, end);
      }
    }
    if (content === undefined) {
      throw new Refusal({
        reason: ErrorReason.EMPTY,
        field: 'content',
        message: 'The request holds neither `batch` nor `sealed`.',
      });
    }
    return { encoding, content, isSealed, attempt };
  }

  #sealed(end: number): { encoding: Encoding; bytes: Uint8Array } {
    const cursor = this.#cursor;
    let encoding: number = Encoding.UNSPECIFIED;
    let bytes = cursor.bytes.subarray(0, 0);
    while (cursor.position < end) {
      const tag = cursor.tag(end);
      if (tag === FIELD_SEALED_ENCODING * 8 + WIRE_VARINT) {
        encoding = cursor.varint(end);
      } else if (tag === FIELD_SEALED_BYTES * 8 + WIRE_LENGTH_DELIMITED) {
        const fieldEnd = cursor.lengthDelimitedEnd(end);
        bytes = cursor.bytes.subarray(cursor.position, fieldEnd);
        cursor.position = fieldEnd;
      } else {
        cursor.skipValue(tag & 7, end);
      }
    }
    return { encoding: encoding as Encoding, bytes };
  }
}
