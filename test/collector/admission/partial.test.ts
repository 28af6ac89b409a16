import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { DropReason, Encoding, ErrorReason, EventBatchSchema, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { admit, batch, event, gzipRequest, NOW_US, plainRequest, refusalOf, serialize } from '../support/batches.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { randomBatch } from '../support/random-batch.ts';

/** Ways to make an event that is not taken, with what is said of it. */
const faults: [string, Parameters<typeof event>[1], ErrorReason, DropReason][] = [
  ['name', { name: '' }, ErrorReason.MISSING_FIELD, DropReason.INVALID],
  ['name', { name: 'n'.repeat(257) }, ErrorReason.FIELD_TOO_LONG, DropReason.INVALID],
  [
    'feature_use.feature',
    { data: { case: 'featureUse', value: { feature: '' } } },
    ErrorReason.MISSING_FIELD,
    DropReason.INVALID,
  ],
  ['performance.metric', { data: { case: 'performance', value: {} } }, ErrorReason.MISSING_FIELD, DropReason.INVALID],
  [
    'project_activity.project_id',
    { data: { case: 'projectActivity', value: {} } },
    ErrorReason.MISSING_FIELD,
    DropReason.INVALID,
  ],
  ['properties.key', { properties: { '': 'v' } }, ErrorReason.MISSING_FIELD, DropReason.INVALID],
  ['measurements.value', { measurements: { m: Number.NaN } }, ErrorReason.BAD_NUMBER, DropReason.INVALID],
  ['measurements.value', { measurements: { m: -1 / 0 } }, ErrorReason.BAD_NUMBER, DropReason.INVALID],
  [
    'performance.value',
    { data: { case: 'performance', value: { metric: 'm', value: 1 / 0 } } },
    ErrorReason.BAD_NUMBER,
    DropReason.INVALID,
  ],
  ['time_unix_us', { timeUnixUs: 0n }, ErrorReason.TIME_OUT_OF_RANGE, DropReason.TIME_OUT_OF_RANGE],
  ['time_unix_us', { timeUnixUs: -5n }, ErrorReason.TIME_OUT_OF_RANGE, DropReason.TIME_OUT_OF_RANGE],
];

describe.each(faults)('fault %#: an event with a bad %s', (path, fault, reason, dropReason) => {
  it('is refused when it is alone', () => {
    const refusal = refusalOf(() => admit(plainRequest(serialize(batch({ events: [event(1, fault)] })))));
    expect(refusal).toMatchObject({ reason, field: `events[0].${path}` });
    expect(refusal.message).toContain(`events[0].${path}: `);
  });

  it('is dropped among others, and put on record', () => {
    const sent = batch({ events: [event(4), event(7, fault), event(9)], dropped: [{ firstSeq: 5n, lastSeq: 6n }] });
    const admitted = admit(gzipRequest(serialize(sent), 3));
    expect(admitted).toMatchObject({ eventCount: 3, sequence: [4, 7, 9, 9], encoding: Encoding.IDENTITY, attempt: 3 });
    expect(admitted.droppedEvents).toMatchObject([
      { index: 1, seq: 7, reason: dropReason, violation: { reason, field: `events[1].${path}` } },
    ]);
    const kept = fromBinary(EventBatchSchema, admitted.bytes);
    expect(kept.events).toEqual([sent.events[0], sent.events[2]]);
    expect(kept.dropped).toMatchObject([
      { firstSeq: 5n, lastSeq: 6n, reason: DropReason.UNSPECIFIED },
      { firstSeq: 7n, lastSeq: 7n, reason: dropReason, blacklistVersion: 0n },
    ]);
    expect(kept.core).toEqual(sent.core);
    expect(admit(plainRequest(admitted.bytes))).toMatchObject({ sequence: admitted.sequence, droppedEvents: [] });
  });
});

it('accepts a batch whose events are all bad when it also declares drops', () => {
  const sent = batch({ events: [event(1, { name: '' })], dropped: [{ firstSeq: 2n, lastSeq: 2n }] });
  const admitted = admit(plainRequest(serialize(sent)));
  expect(admitted).toMatchObject({ eventCount: 1, sequence: [1, 2] });
  expect(fromBinary(EventBatchSchema, admitted.bytes).events).toEqual([]);
});

it('keeps −0 and the smallest and largest numbers', () => {
  const measurements = { a: -0, b: Number.MIN_VALUE, c: Number.MAX_VALUE, d: -Number.MAX_VALUE };
  expect(admit(plainRequest(serialize(batch({ events: [event(1, { measurements })] })))).droppedEvents).toEqual([]);
});

it('strips at both ends and in the middle, up to the largest number', () => {
  const last = Number(protocolLimits.seqMax);
  const events = [event(1, { name: '' }), event(2), event(last - 1, { name: '' }), event(last, { name: '' })];
  const admitted = admit(plainRequest(serialize(batch({ events }))));
  expect(admitted.sequence).toEqual([1, 2, last - 1, last]);
  const kept = fromBinary(EventBatchSchema, admitted.bytes);
  expect(kept.dropped.map((range) => [Number(range.firstSeq), Number(range.lastSeq)])).toEqual([
    [1, 1],
    [last - 1, last],
  ]);
});

it('keeps what it does not know of a stripped batch', () => {
  const sent = batch({ events: [event(1), event(2, { name: '' })] });
  const unknown = Buffer.from([0xf2, 0x03, 0x03, 0x61, 0x62, 0x63]);
  const admitted = admit(plainRequest(Buffer.concat([unknown, serialize(sent)])));
  expect(fromBinary(EventBatchSchema, admitted.bytes).$unknown).toMatchObject([{ no: 62 }]);
});

describe.each(seeds())('with seed %i', (seed) => {
  it('the numbers of stripped batches still add up', async () => {
    await withSeed(seed, (random) => {
      for (let round = 0; round < 100; round++) {
        const { batch: sent, numbers } = randomBatch(random);
        const spoilt = sent.events.filter(() => random.chance(0.4));
        for (const one of spoilt) spoil(random, one);
        if (spoilt.length === sent.events.length && sent.dropped.length === 0) continue;
        const admitted = admit(plainRequest(serialize(sent)));
        expect(admitted.droppedEvents.map((event) => event.seq)).toEqual(spoilt.map((event) => Number(event.seq)));
        const kept = fromBinary(EventBatchSchema, Uint8Array.from(admitted.bytes));
        expect(kept.events).toEqual(sent.events.filter((event) => !spoilt.includes(event)));
        const settled =
          kept.events.length + kept.dropped.reduce((sum, d) => sum + Number(d.lastSeq - d.firstSeq) + 1, 0);
        expect(settled).toBe(numbers.size);
        const again = admit(plainRequest(toBinary(EventBatchSchema, kept)));
        expect(again).toMatchObject({ sequence: admitted.sequence, droppedEvents: [] });
      }
    });
  });
});

function spoil(random: Random, one: ReturnType<typeof randomBatch>['batch']['events'][number]): void {
  const ways = [
    () => (one.name = ''),
    () => (one.timeUnixUs = BigInt(NOW_US) * 2n),
    () => (one.properties['k'.repeat(129)] = ''),
    () => (one.measurements['nan'] = Number.NaN),
  ];
  random.pick(ways)();
}
