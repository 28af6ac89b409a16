import { gzipSync } from 'node:zlib';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  Encoding,
  type EventBatch,
  EventBatchSchema,
  type EventSchema,
  PublishRequestSchema,
  protocolLimits,
} from '@telemetry/gen';
import { Admission, type AdmittedBatch } from '../../../collector/src/admission/admit-batch.ts';
import { Refusal } from '../../../collector/src/admission/refusal.ts';

/** The collector's clock in tests of pure parts: 2025-10-09, in microseconds. */
export const NOW_US = 1_760_000_000_000_000;

export const PRODUCER_ID = Uint8Array.from({ length: 16 }, (_, index) => index * 16 + 1);

type EventInit = MessageInitShape<typeof EventSchema>;
type BatchInit = MessageInitShape<typeof EventBatchSchema>;

/** A valid event, with what is given in place of the defaults. */
export function event(seq: number, over: EventInit = {}): EventInit {
  return { seq: BigInt(seq), timeUnixUs: BigInt(NOW_US), name: 'page.viewed', ...over };
}

/** A valid batch of one event, with what is given in place of the defaults. */
export function batch(over: BatchInit = {}): EventBatch {
  return create(EventBatchSchema, {
    producerId: PRODUCER_ID,
    core: { product: { name: 'editor' } },
    events: [event(1)],
    ...over,
  } as BatchInit);
}

export function serialize(message: EventBatch): Uint8Array {
  return toBinary(EventBatchSchema, message);
}

/** A serialized `PublishRequest` with the batch as it is. */
export function plainRequest(batchBytes: Uint8Array, attempt = 1): Uint8Array {
  const head = toBinary(PublishRequestSchema, create(PublishRequestSchema, { attempt }));
  return Buffer.concat([head, field(1, batchBytes)]);
}

/** A serialized `PublishRequest` with the batch sealed as given. */
export function sealedRequest(bytes: Uint8Array, encoding: number = Encoding.IDENTITY, attempt = 1): Uint8Array {
  return toBinary(
    PublishRequestSchema,
    create(PublishRequestSchema, {
      attempt,
      content: { case: 'sealed', value: { encoding: encoding as Encoding, bytes } },
    }),
  );
}

export function gzipRequest(batchBytes: Uint8Array, attempt = 1): Uint8Array {
  return sealedRequest(gzipSync(batchBytes), Encoding.GZIP, attempt);
}

/** A varint of up to 64 bits. */
export function varint(value: bigint | number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** A length-delimited field. */
export function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

/** A varint field. */
export function varintField(number: number, value: bigint | number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

const shared = new Admission(protocolLimits);

/** Admits a request by the protocol's limits at `NOW_US`. */
export function admit(request: Uint8Array): AdmittedBatch {
  return shared.admit(request, NOW_US);
}

/** The refusal that a call throws; fails when it throws another thing or nothing. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw new Error('threw something else than a refusal', { cause: error });
  }
  throw new Error('was not refused');
}
