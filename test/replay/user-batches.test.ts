import { gunzipSync, gzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { Audience, Encoding, EventBatchSchema } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { batchEventsMax } from '../../client/src/replay/limits.ts';
import { type ProducerIds, randomProducerIds, seededProducerIds } from '../../client/src/replay/producer-ids.ts';
import { type UserBatch, userBatches } from '../../client/src/replay/user-batches.ts';
import { dayStartUnixUs, viewTimes } from '../../client/src/replay/view-times.ts';
import { seededRandom } from '../support/random.ts';
import { categories } from './support/sequence-text.ts';

const dayEndUnixUs = Date.UTC(1999, 8, 29) * 1000;
/** Views of the longest line of the real file. */
const longestLine = 14_795;

function batchesOf(number: number, views: readonly number[], producerIds: ProducerIds): UserBatch[] {
  const gzip = (bytes: Uint8Array) => gzipSync(bytes);
  const make = userBatches({ product: 'msnbc.com', categories, producerIds, gzip });
  return [...make({ number, views: Uint16Array.from(views) })];
}

function decode({ encoding, bytes }: UserBatch) {
  return fromBinary(EventBatchSchema, encoding === Encoding.GZIP ? gunzipSync(bytes) : bytes);
}

test('a user becomes a core part of their own, a session, and a feature use a view', () => {
  const [batch, ...others] = batchesOf(17, [1, 3, 3], seededProducerIds('s'));
  expect(others).toEqual([]);
  expect(batch).toMatchObject({ eventCount: 3, lastOfUser: true, encoding: Encoding.IDENTITY });
  const { core, events, producerId } = decode(batch as UserBatch);
  expect(producerId).toHaveLength(16);
  expect(core).toMatchObject({
    user: { id: 'msnbc-17', hashKeyId: 'anonymous' },
    machine: { id: 'msnbc-17-machine' },
    operatingSystem: { name: 'unknown' },
    product: { name: 'msnbc.com' },
    session: { id: 'msnbc-17-session', startTimeUnixUs: events[0]?.timeUnixUs },
    audience: Audience.EXTERNAL,
  });
  expect(events.map(({ seq, name, data }) => ({ seq, name, data }))).toMatchObject(
    ['frontpage', 'on-air', 'on-air'].map((feature, index) => ({
      seq: BigInt(index + 1),
      name: 'page.viewed',
      data: { case: 'featureUse', value: { feature } },
    })),
  );
});

test('a user of very many views becomes several batches, numbered through, with times that grow inside the day', () => {
  const views = Array.from({ length: longestLine }, (_, index) => 1 + (index % 3));
  const batches = batchesOf(1, views, randomProducerIds());
  expect(batches).toHaveLength(Math.ceil(longestLine / batchEventsMax));
  expect(batches.map(({ lastOfUser }) => lastOfUser)).toEqual(batches.map((_, index) => index === batches.length - 1));
  const events = batches.flatMap((batch) => decode(batch).events);
  expect(events.map(({ seq }) => Number(seq))).toEqual(views.map((_, index) => index + 1));
  const times = events.map(({ timeUnixUs }) => Number(timeUnixUs));
  expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
  expect(times[0]).toBeGreaterThanOrEqual(dayStartUnixUs);
  expect(times.at(-1)).toBeLessThan(dayEndUnixUs);
});

test('times stay inside the day for any user and any number of views', () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  for (let round = 0; round < 10_000; round++) {
    const user = 1 + Math.floor(random() * 2 ** 31);
    const views = 1 + Math.floor(random() ** 8 * 600_000);
    const { startUnixUs, spacingUs } = viewTimes(user, views);
    const message = `seed ${seed}: user ${user}, ${views} views`;
    expect(Number.isInteger(startUnixUs) && Number.isInteger(spacingUs) && spacingUs > 0, message).toBe(true);
    expect(startUnixUs, message).toBeGreaterThanOrEqual(dayStartUnixUs);
    expect(startUnixUs + (views - 1) * spacingUs, message).toBeLessThan(dayEndUnixUs);
  }
});

test('the same seed makes the same bytes, another seed or none makes others', () => {
  const views = Array.from({ length: 2_500 }, (_, index) => 1 + (index % 3));
  const bytes = (producerIds: ProducerIds) =>
    [1, 2, 3].flatMap((user) => batchesOf(user, views, producerIds).map((batch) => Buffer.from(batch.bytes)));
  const once = bytes(seededProducerIds('one'));
  expect(bytes(seededProducerIds('one'))).toEqual(once);
  expect(new Set(once.map((each) => each.toString('hex'))).size).toBe(9);
  expect(bytes(seededProducerIds('two'))).not.toEqual(once);
  expect(bytes(randomProducerIds())).not.toEqual(bytes(randomProducerIds()));
});

test('producer ids are 16 bytes and all different', () => {
  for (const producerIds of [randomProducerIds(), seededProducerIds('')]) {
    const ids = Array.from({ length: 5_000 }, (_, index) => Buffer.from(producerIds(index + 1)).toString('hex'));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id.length === 32)).toBe(true);
  }
});
