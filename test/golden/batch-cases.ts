import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  Audience,
  DropReason,
  type Event,
  EventBatchSchema,
  EventSchema,
  ProductSchema,
  Tier,
  UseOutcome,
} from '@telemetry/gen';
import { canonicalCase, type GoldenCase } from './golden-case.ts';

/** 2025-10-09T08:53:20Z, in the middle of nothing in particular. */
export const goldenTimeUnixUs = 1_760_000_000_000_000n;

/** 16 bytes that are recognised in a hex dump. */
export const goldenProducerId = Uint8Array.from({ length: 16 }, (_, index) => index);

/** The smallest useful batch: one event, no payload. `proto/README.md` shows it byte by byte. */
export const minimalBatch = create(EventBatchSchema, {
  producerId: goldenProducerId,
  core: { product: { name: 'editor' } },
  events: [{ seq: 1n, timeUnixUs: goldenTimeUnixUs, name: 'app.started' }],
});

/** What a client sends in a usual minute. */
export const pageViewsBatch = create(EventBatchSchema, {
  producerId: goldenProducerId,
  core: {
    user: { id: 'b3c1f0', hashKeyId: '2025-10' },
    machine: { id: 'm-77', architecture: 'arm64', logicalProcessors: 8, locale: 'de-CH' },
    operatingSystem: { name: 'macos', version: '15.2' },
    product: { name: 'news', version: '4.12.0', releaseChannel: 'stable' },
    session: { id: 's-1', startTimeUnixUs: goldenTimeUnixUs },
    audience: Audience.EXTERNAL,
  },
  events: ['frontpage', 'news', 'tech', 'frontpage', 'sports'].map((feature, index) => pageView(index, feature)),
});

function pageView(index: number, feature: string): Event {
  return create(EventSchema, {
    seq: BigInt(index + 1),
    timeUnixUs: goldenTimeUnixUs + BigInt(index) * 1_000_000n,
    name: 'page.viewed',
    tier: Tier.STANDARD,
    data: { case: 'featureUse', value: { feature, outcome: UseOutcome.SUCCESS } },
  });
}

const dropsOnlyBatch = create(EventBatchSchema, {
  producerId: goldenProducerId,
  core: { product: { name: 'editor' } },
  dropped: [
    { firstSeq: 6n, lastSeq: 6n, reason: DropReason.BLACKLISTED, blacklistVersion: 12n },
    { firstSeq: 7n, lastSeq: 1_006n, reason: DropReason.QUEUE_FULL },
    { firstSeq: 2n ** 53n - 1n, lastSeq: 2n ** 53n - 1n, reason: DropReason.OVERSIZE },
  ],
});

/** Batches with values that mean something. */
export function batchCases(): GoldenCase[] {
  return [
    canonicalCase('batch-minimal', EventBatchSchema, minimalBatch),
    canonicalCase('batch-page-views', EventBatchSchema, pageViewsBatch),
    canonicalCase('batch-drops-only', EventBatchSchema, dropsOnlyBatch),
    { name: 'batch-later-version', schema: EventBatchSchema, bytes: laterVersionBytes(), canonical: true },
    { name: 'batch-fields-out-of-order', schema: EventBatchSchema, bytes: outOfOrderBytes(), canonical: false },
  ];
}

/** A batch as a later version may send it: fields, a payload and enum values that this version has no name for. */
function laterVersionBytes(): Uint8Array {
  const later = 97;
  const core = new BinaryWriter()
    .tag(4, WireType.LengthDelimited)
    .bytes(toBinary(ProductSchema, create(ProductSchema, { name: 'editor', version: '9.0.0' })))
    .tag(6, WireType.Varint)
    .int32(later)
    .tag(40, WireType.LengthDelimited)
    .string('a later part of the core')
    .finish();
  const event = new BinaryWriter()
    .tag(1, WireType.Varint)
    .uint64(1n)
    .tag(2, WireType.Varint)
    .int64(goldenTimeUnixUs)
    .tag(3, WireType.LengthDelimited)
    .string('app.started')
    .tag(4, WireType.Varint)
    .int32(later)
    // A payload of a later version: to this one, an event that counts by its name.
    .tag(19, WireType.LengthDelimited)
    .bytes(Uint8Array.of(8, 1))
    .finish();
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .bytes(goldenProducerId)
    .tag(2, WireType.LengthDelimited)
    .bytes(core)
    .tag(3, WireType.LengthDelimited)
    .bytes(event)
    .tag(60, WireType.Bit64)
    .fixed64(12_345n)
    .finish();
}

/** The minimal batch with its fields the other way round: valid protobuf that no serializer of today makes. */
function outOfOrderBytes(): Uint8Array {
  const event = new BinaryWriter()
    .tag(3, WireType.LengthDelimited)
    .string('app.started')
    .tag(2, WireType.Varint)
    .int64(goldenTimeUnixUs)
    .tag(1, WireType.Varint)
    .uint64(1n)
    .finish();
  const core = new BinaryWriter()
    .tag(4, WireType.LengthDelimited)
    .bytes(toBinary(ProductSchema, create(ProductSchema, { name: 'editor' })))
    .finish();
  return new BinaryWriter()
    .tag(3, WireType.LengthDelimited)
    .bytes(event)
    .tag(2, WireType.LengthDelimited)
    .bytes(core)
    .tag(1, WireType.LengthDelimited)
    .bytes(goldenProducerId)
    .finish();
}
