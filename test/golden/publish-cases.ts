import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AckSchema,
  DropReason,
  Durability,
  Encoding,
  ErrorReason,
  EventBatchSchema,
  Outcome,
  PublishRequestSchema,
  PublishStreamRequestSchema,
  type SealedBatch,
  SealedBatchSchema,
} from '@telemetry/gen';
import { minimalBatch, pageViewsBatch } from './batch-cases.ts';
import { canonicalCase, type GoldenCase } from './golden-case.ts';

const pageViewsBytes = toBinary(EventBatchSchema, pageViewsBatch);

/** The usual batch in each sealed form. */
export const sealedIdentity = seal(Encoding.IDENTITY, pageViewsBytes);
export const sealedGzip = seal(Encoding.GZIP, gzipSync(pageViewsBytes));
/** Three members: the cuts fall inside fields, since a member boundary means nothing to the content. */
const sealedGzipMembers = seal(
  Encoding.GZIP,
  Buffer.concat([
    gzipSync(pageViewsBytes.subarray(0, 7), { level: 0 }),
    gzipSync(pageViewsBytes.subarray(7, 7)),
    gzipSync(pageViewsBytes.subarray(7)),
  ]),
);

function seal(encoding: Encoding, bytes: Uint8Array): SealedBatch {
  return create(SealedBatchSchema, { encoding, bytes });
}

function sealedCase(name: string, sealed: SealedBatch): GoldenCase {
  return { ...canonicalCase(name, SealedBatchSchema, sealed), content: 'batch-page-views' };
}

/** Sealed batches and the requests that carry batches. */
export function publishCases(): GoldenCase[] {
  const plain = create(PublishRequestSchema, { content: { case: 'batch', value: minimalBatch } });
  const sealed = create(PublishRequestSchema, { content: { case: 'sealed', value: sealedGzip }, attempt: 3 });
  const identity = create(PublishRequestSchema, { content: { case: 'sealed', value: sealedIdentity }, attempt: 1 });
  return [
    sealedCase('sealed-identity', sealedIdentity),
    sealedCase('sealed-gzip', sealedGzip),
    sealedCase('sealed-gzip-members', sealedGzipMembers),
    canonicalCase('publish-request-plain', PublishRequestSchema, plain),
    canonicalCase('publish-request-sealed', PublishRequestSchema, sealed),
    canonicalCase(
      'publish-stream-request-three',
      PublishStreamRequestSchema,
      create(PublishStreamRequestSchema, { requests: [plain, sealed, identity] }),
    ),
  ];
}

/** An acknowledgement of each outcome, with what belongs to it. */
export function ackCases(): GoldenCase[] {
  const acks = {
    'ack-accepted': { outcome: Outcome.ACCEPTED, durability: Durability.SPOOLED, acceptedEvents: 5 },
    'ack-accepted-in-part': {
      requestIndex: 4_294_967_296n,
      outcome: Outcome.ACCEPTED,
      durability: Durability.STORED,
      acceptedEvents: 3,
      droppedEvents: [
        { index: 0, reason: DropReason.BLACKLISTED },
        {
          index: 4,
          reason: DropReason.INVALID,
          field: 'events[4].name',
          message: 'events[4].name: 300 bytes; at most 256. Shorten it.',
        },
      ],
      droppedEventCount: 2,
      retryDelay: { seconds: 2n, nanos: 500_000_000 },
      blacklistVersion: 12n,
    },
    'ack-duplicate': { requestIndex: 1n, outcome: Outcome.DUPLICATE, durability: Durability.SPOOLED },
    'ack-rejected': {
      requestIndex: 2n,
      outcome: Outcome.REJECTED,
      rejection: {
        reason: ErrorReason.FIELD_TOO_LONG,
        message: 'core.product.name: 300 bytes; at most 256. Shorten it.',
        field: 'core.product.name',
      },
      blacklistVersion: 12n,
    },
    'ack-deferred': {
      requestIndex: 3n,
      outcome: Outcome.DEFERRED,
      rejection: { reason: ErrorReason.OVERLOADED, message: 'the spool is full; send it again later' },
      retryDelay: { seconds: 30n },
      blacklistVersion: 12n,
    },
  };
  return Object.entries(acks).map(([name, ack]) => canonicalCase(name, AckSchema, create(AckSchema, ack)));
}
