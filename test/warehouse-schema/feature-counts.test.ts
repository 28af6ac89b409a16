import { afterAll, beforeAll, expect, test } from 'vitest';
import { featureCounts, migrate, QuestionError } from '../../warehouse/src/index.ts';
import { EngineProcess } from './support/engine-process.ts';
import { rows } from './support/rows.ts';
import { type BatchInit, batchBytes, load, segmentOf } from './support/segment.ts';
import { TempDir } from './support/temp-dir.ts';

const directory = new TempDir();
const engine = await EngineProcess.start(directory.path);
const { client } = engine;
const day = 86_400_000_000n;
const time = BigInt(Date.UTC(1999, 8, 28)) * 1000n;
let producers = 0;

function batch(user: BatchInit['core'], uses: readonly { feature: string; at?: bigint; count?: number }[]): Uint8Array {
  const events = uses.map(({ feature, at = time, count = 0 }, index) => ({
    seq: BigInt(index + 1),
    timeUnixUs: at,
    name: 'page.viewed',
    data: { case: 'featureUse' as const, value: { feature, count } },
  }));
  producers += 1;
  return batchBytes({ producerId: Buffer.alloc(16, producers), core: user, events });
}

const core = (id: string, hashKeyId = '', product = 'news'): BatchInit['core'] => ({
  user: { id, hashKeyId },
  product: { name: product },
});

beforeAll(async () => {
  await migrate(client);
  await load(
    client,
    'one',
    segmentOf([
      batch(core('ann'), [{ feature: 'search' }, { feature: 'search', count: 5 }, { feature: 'print' }]),
      // The same id under a key, and under another one: two more users.
      batch(core('ann', 'k1'), [{ feature: 'search' }]),
      batch(core('ann', 'k2'), [{ feature: 'search' }]),
      batch(core(''), [{ feature: 'search' }, { feature: 'copy' }]),
      batch(core('bob'), [
        { feature: 'search', at: time - 1n },
        { feature: 'search', at: time + day - 1n },
        { feature: 'search', at: time + day },
      ]),
      batch(core('ann', '', 'mail'), [{ feature: 'search' }, { feature: 'attach' }]),
    ]),
  );
  // The same users again, in another segment: more events, no more users.
  await load(client, 'two', segmentOf([batch(core('ann'), [{ feature: 'search' }])]));
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

test('all products and days: events, and users told apart exactly, the most used first, then by name', async () => {
  expect(await featureCounts(client)).toEqual([
    { feature: 'search', events: 10, users: 4 },
    { feature: 'attach', events: 1, users: 1 },
    { feature: 'copy', events: 1, users: 0 },
    { feature: 'print', events: 1, users: 1 },
  ]);
});

test('one product', async () => {
  expect(await featureCounts(client, { product: 'mail' })).toEqual([
    { feature: 'attach', events: 1, users: 1 },
    { feature: 'search', events: 1, users: 1 },
  ]);
  expect(await featureCounts(client, { product: "no'such" })).toEqual([]);
});

test('both days are included', async () => {
  const search = async (from?: string, to?: string) => {
    const filter = { product: 'news', ...(from && { from }), ...(to && { to }) };
    return (await featureCounts(client, filter)).find(({ feature }) => feature === 'search');
  };
  expect(await search('1999-09-28', '1999-09-28')).toEqual({ feature: 'search', events: 7, users: 4 });
  expect(await search(undefined, '1999-09-27')).toEqual({ feature: 'search', events: 1, users: 1 });
  expect(await search('1999-09-29')).toEqual({ feature: 'search', events: 1, users: 1 });
  expect(await search('1999-09-30')).toBeUndefined();
});

test('the view also says how many uses the events stand for, a count of 0 being one', async () => {
  const query = `SELECT * FROM telemetry.feature_count(product = 'news', from = '1999-09-28', to = '1999-09-28')`;
  expect(await rows(client, query)).toContainEqual({ feature: 'search', events: 7, users: 4, uses: 11 });
});

test('a filter that cannot be meant is refused, with what to do', async () => {
  for (const [filter, field] of [
    [{ product: '' }, 'product'],
    [{ from: '1999-9-28' }, 'from'],
    [{ to: '1999-02-30' }, 'to'],
    [{ to: '2200-01-01' }, 'to'],
    [{ from: '2000-01-02', to: '2000-01-01' }, 'from'],
  ] as const) {
    const error = await featureCounts(client, filter).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(QuestionError);
    expect(error).toMatchObject({ field });
  }
});
