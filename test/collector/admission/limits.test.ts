import { gzipSync } from 'node:zlib';
import { DropReason, Encoding, ErrorReason, type EventBatch, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import {
  admit,
  batch,
  event,
  field,
  gzipRequest,
  NOW_US,
  plainRequest,
  refusalOf,
  sealedRequest,
  serialize,
} from '../support/batches.ts';

const limits = protocolLimits;
const US_PER_HOUR = 3_600_000_000;

const admitBatch = (message: EventBatch) => admit(plainRequest(serialize(message)));
const text = (sizeBytes: number) => 'x'.repeat(sizeBytes);
const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
const numbers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1]));

/** Fields of an event with a limit on their size: what the batch is for a value of so many bytes. */
const eventTexts: [string, number, (size: number) => Parameters<typeof event>[1]][] = [
  ['name', limits.nameBytesMax, (size) => ({ name: text(size) })],
  [
    'feature_use.feature',
    limits.nameBytesMax,
    (size) => ({ data: { case: 'featureUse', value: { feature: text(size) } } }),
  ],
  [
    'performance.metric',
    limits.nameBytesMax,
    (size) => ({ data: { case: 'performance', value: { metric: text(size) } } }),
  ],
  ['fault.type', limits.nameBytesMax, (size) => ({ data: { case: 'fault', value: { type: text(size) } } })],
  ['fault.message', limits.valueBytesMax, (size) => ({ data: { case: 'fault', value: { message: text(size) } } })],
  ['fault.stack', limits.stackBytesMax, (size) => ({ data: { case: 'fault', value: { stack: text(size) } } })],
  [
    'project_activity.project_id',
    limits.identifierBytesMax,
    (size) => ({ data: { case: 'projectActivity', value: { projectId: text(size) } } }),
  ],
  ['properties.key', limits.propertyNameBytesMax, (size) => ({ properties: { [text(size)]: 'v' } })],
  ['measurements.key', limits.propertyNameBytesMax, (size) => ({ measurements: { [text(size)]: 1 } })],
  ['properties.value', limits.valueBytesMax, (size) => ({ properties: { key: text(size) } })],
  ['properties', limits.propertiesMax, (size) => ({ properties: entries(size) })],
  ['properties', limits.propertiesMax, (size) => ({ properties: entries(size - 5), measurements: numbers(5) })],
];

describe.each(eventTexts)('the limit of %s, %i', (path, max, eventOf) => {
  it('holds at the limit and below', () => {
    for (const size of [max - 1, max])
      expect(admitBatch(batch({ events: [event(1, eventOf(size))] })).droppedEvents).toEqual([]);
  });

  it('refuses a batch of one event above it, naming field and limit', () => {
    const refusal = refusalOf(() => admitBatch(batch({ events: [event(1, eventOf(max + 1))] })));
    expect(refusal).toMatchObject({ reason: ErrorReason.FIELD_TOO_LONG, field: `events[0].${path}` });
    expect(refusal.message).toContain(`events[0].${path}`);
    expect(refusal.message).toContain(`${max + 1} `);
    expect(refusal.message).toContain(`at most ${max}`);
  });

  it('drops one event above it among others', () => {
    const admitted = admitBatch(batch({ events: [event(1), event(2, eventOf(max + 1)), event(3, eventOf(max))] }));
    expect(admitted.droppedEvents).toMatchObject([{ index: 1, seq: 2, reason: DropReason.INVALID }]);
    expect(admitted.droppedEvents[0]?.violation).toMatchObject({
      reason: ErrorReason.FIELD_TOO_LONG,
      field: `events[1].${path}`,
    });
  });
});

const product = { name: 'editor' };
const coreTexts: [string, number, (size: number) => EventBatch][] = [
  ['core.product.name', limits.identifierBytesMax, (size) => batch({ core: { product: { name: text(size) } } })],
  ['core.user.id', limits.identifierBytesMax, (size) => batch({ core: { product, user: { id: text(size) } } })],
  ['core.machine.id', limits.identifierBytesMax, (size) => batch({ core: { product, machine: { id: text(size) } } })],
  ['core.session.id', limits.identifierBytesMax, (size) => batch({ core: { product, session: { id: text(size) } } })],
  [
    'core.operating_system.name',
    limits.valueBytesMax,
    (size) => batch({ core: { product, operatingSystem: { name: text(size) } } }),
  ],
];

it.each(coreTexts)('the limit of %s, %i, is of the whole batch', (path, max, batchOf) => {
  expect(admitBatch(batchOf(max)).eventCount).toBe(1);
  const refusal = refusalOf(() => admitBatch(batchOf(max + 1)));
  expect(refusal).toMatchObject({ reason: ErrorReason.FIELD_TOO_LONG, field: path });
  expect(refusal.message).toContain(`${path}: ${max + 1} bytes; at most ${max}`);
});

it('counts bytes of UTF-8, not characters', () => {
  expect(admitBatch(batch({ events: [event(1, { name: '€'.repeat(85) })] })).droppedEvents).toEqual([]);
  expect(refusalOf(() => admitBatch(batch({ events: [event(1, { name: '€'.repeat(86) })] }))).message).toContain('258');
});

it('holds the number of events', () => {
  const events = Array.from({ length: limits.batchEventsMax }, (_, index) => event(index + 1));
  expect(admitBatch(batch({ events })).eventCount).toBe(limits.batchEventsMax);
  const refusal = refusalOf(() => admitBatch(batch({ events: [...events, event(limits.batchEventsMax + 1)] })));
  expect(refusal).toMatchObject({ reason: ErrorReason.TOO_MANY_EVENTS, field: 'events' });
  expect(refusal.message).toContain('10000');
});

it('holds the number of declared ranges', () => {
  const dropped = Array.from({ length: limits.batchDroppedRangesMax + 1 }, (_, index) => {
    const seq = BigInt(index * 2 + 1);
    return { firstSeq: seq, lastSeq: seq, reason: DropReason.SAMPLED };
  });
  const admitted = admitBatch(batch({ events: [], dropped: dropped.slice(0, -1) }));
  expect(admitted.sequence.length).toBe(2 * limits.batchDroppedRangesMax);
  const refusal = refusalOf(() => admitBatch(batch({ events: [], dropped })));
  expect(refusal).toMatchObject({ reason: ErrorReason.FIELD_TOO_LONG, field: 'dropped' });
});

it('holds the largest number, in events and in declared ranges', () => {
  const seqMax = limits.seqMax;
  const numbered = (seq: bigint) => batch({ events: [{ ...event(1), seq }] });
  expect(admitBatch(numbered(seqMax)).sequence).toEqual([Number(seqMax), Number(seqMax)]);
  for (const seq of [seqMax + 1n, seqMax + 2n, 2n ** 64n - 1n, 0n]) {
    const refusal = refusalOf(() => admitBatch(numbered(seq)));
    expect(refusal).toMatchObject({ reason: ErrorReason.BAD_SEQUENCE, field: 'events[0].seq' });
  }
  const declared = (firstSeq: bigint, lastSeq: bigint) => batch({ events: [], dropped: [{ firstSeq, lastSeq }] });
  expect(admitBatch(declared(1n, seqMax)).sequence).toEqual([1, Number(seqMax)]);
  for (const [first, last] of [
    [1n, seqMax + 1n],
    [0n, 1n],
    [2n, 1n],
    [1n, 0n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
  ] as const) {
    const refusal = refusalOf(() => admitBatch(declared(first, last)));
    expect(refusal).toMatchObject({ reason: ErrorReason.BAD_SEQUENCE, field: 'dropped[0]' });
  }
});

it('holds the window of times, both ends included', () => {
  const oldest = NOW_US - limits.eventAgeDaysMax * 24 * US_PER_HOUR;
  const newest = NOW_US + limits.eventAheadHoursMax * US_PER_HOUR;
  const timed = (timeUs: number | bigint) => batch({ events: [event(1, { timeUnixUs: BigInt(timeUs) })] });
  for (const time of [oldest, oldest + 1, newest - 1, newest])
    expect(admitBatch(timed(time)).droppedEvents).toEqual([]);
  // A century off, in seconds in place of microseconds, before 1970, not set.
  for (const time of [
    oldest - 1,
    newest + 1,
    NOW_US + 100 * 365 * 24 * US_PER_HOUR,
    NOW_US / 1e6,
    -1n,
    -(2n ** 63n),
    0,
  ]) {
    const refusal = refusalOf(() => admitBatch(timed(time)));
    expect(refusal).toMatchObject({ reason: ErrorReason.TIME_OUT_OF_RANGE, field: 'events[0].time_unix_us' });
  }
  const mixed = admitBatch(batch({ events: [event(1), event(2, { timeUnixUs: BigInt(newest + 1) })] }));
  expect(mixed.droppedEvents).toMatchObject([{ index: 1, reason: DropReason.TIME_OUT_OF_RANGE }]);
});

describe('the sizes of a batch', () => {
  /** A valid batch of exactly this size: the rest is a field that the schema does not know. */
  function batchOfSize(sizeBytes: number): Uint8Array {
    const head = serialize(batch());
    const overhead = field(50, new Uint8Array(sizeBytes)).length - sizeBytes;
    const filler = field(50, new Uint8Array(sizeBytes - head.length - overhead));
    const bytes = Buffer.concat([head, filler]);
    expect(bytes.length).toBe(sizeBytes);
    return bytes;
  }

  it.each([
    ['plain', plainRequest],
    ['compressed', gzipRequest],
  ])('holds batch_bytes_max, sent %s', (_, requestOf) => {
    expect(admit(requestOf(batchOfSize(limits.batchBytesMax))).plainSizeBytes).toBe(limits.batchBytesMax);
    const refusal = refusalOf(() => admit(requestOf(batchOfSize(limits.batchBytesMax + 1))));
    expect(refusal.reason).toBe(ErrorReason.BATCH_TOO_LARGE);
    expect(refusal.message).toContain('8388608');
  });

  it.each([Encoding.IDENTITY, Encoding.GZIP, Encoding.UNSPECIFIED])(
    'holds sealed_bytes_max in encoding %i',
    (encoding) => {
      const bytes = new Uint8Array(limits.sealedBytesMax + 1);
      expect(refusalOf(() => admit(sealedRequest(bytes, encoding)))).toMatchObject({
        reason: ErrorReason.SEALED_TOO_LARGE,
        field: 'sealed.bytes',
      });
    },
  );

  it('takes a sealed batch of exactly sealed_bytes_max', () => {
    expect(admit(sealedRequest(batchOfSize(limits.sealedBytesMax))).plainSizeBytes).toBe(limits.sealedBytesMax);
    // Stored, so that the size after gzip is known; a file name in the header fills what is left.
    const stored = gzipSync(batchOfSize(limits.sealedBytesMax - 1_000), { level: 0 });
    const name = Buffer.alloc(limits.sealedBytesMax - stored.length, 'n');
    name[name.length - 1] = 0;
    const named = Buffer.concat([
      stored.subarray(0, 3),
      Uint8Array.of(8),
      stored.subarray(4, 10),
      name,
      stored.subarray(10),
    ]);
    expect(named.length).toBe(limits.sealedBytesMax);
    expect(admit(sealedRequest(named, Encoding.GZIP)).bytes.length).toBe(limits.sealedBytesMax);
  });

  it('stops a gzip bomb at the limit', () => {
    const bomb = gzipSync(new Uint8Array(200 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(limits.sealedBytesMax);
    const before = process.memoryUsage().arrayBuffers;
    expect(refusalOf(() => admit(sealedRequest(bomb, Encoding.GZIP))).reason).toBe(ErrorReason.BATCH_TOO_LARGE);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * limits.batchBytesMax);
    const honest = Buffer.from(bomb);
    honest.writeUInt32LE(1, honest.length - 4);
    expect(refusalOf(() => admit(sealedRequest(honest, Encoding.GZIP))).reason).toBe(ErrorReason.BATCH_TOO_LARGE);
  });
});
