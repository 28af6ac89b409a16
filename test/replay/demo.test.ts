import { Audience } from '@telemetry/gen';
import { expect, onTestFinished, test } from 'vitest';
import { demoUsers } from '../../client/src/demo/demo-users.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { eventually } from '../support/eventually.ts';
import { runMain } from './support/run-main.ts';

const waitMs = 20_000;

async function openCollector(): Promise<MisbehavingCollector> {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  return collector;
}

/** Kinds of data that have arrived so far. */
function kindsOf(collector: MisbehavingCollector): Set<string | undefined> {
  return new Set(collector.arrivals.flatMap(({ batch }) => batch.events.map(({ data }) => data.case)));
}

test('sessions of many users send all kinds of events, through a collector that goes away and comes back', async () => {
  const collector = await openCollector();
  const run = runMain('demo', { address: collector.address, users: 200, seed: 'demo', sessionsPerSecond: 20 });
  await eventually(() => (run.stdout().endsWith('\n') ? true : undefined), waitMs, run.stderr);
  expect(JSON.parse(run.stdout())).toMatchObject({ address: collector.address, users: 200 });
  const startMs = performance.now();
  await eventually(() => (collector.arrivals.length > 0 ? true : undefined), waitMs);
  expect(performance.now() - startMs).toBeLessThan(3_000);

  collector.kill();
  await collector.start();
  const before = collector.arrivals.length;
  const allKinds = ['featureUse', 'fault', 'performance', 'sessionStart', 'sessionEnd', 'projectActivity'];
  await eventually(
    () =>
      collector.arrivals.length > before && allKinds.every((kind) => kindsOf(collector).has(kind)) ? true : undefined,
    2 * waitMs,
    () => [...kindsOf(collector)].join(),
  );

  const stopMs = performance.now();
  run.process.kill('SIGTERM');
  expect(await run.ended, run.stderr()).toBe(0);
  expect(performance.now() - stopMs).toBeLessThan(3_000);
  expect(run.stderr()).toBe('');
  expect(run.stdout().split('\n')).toHaveLength(2);
  expect(collector.conflicts).toEqual([]);
  const cores = collector.arrivals.map(({ batch }) => batch.core);
  expect(new Set(cores.map((core) => core?.product?.name))).toEqual(new Set(['demo-notes']));
  expect(new Set(cores.map((core) => core?.user?.id)).size).toBeGreaterThan(10);
  // Who works for the maker is sent in plain, everybody else hashed.
  for (const core of cores) {
    expect(core?.user?.id.includes('@')).toBe(core?.audience === Audience.INTERNAL);
    expect(core?.user?.hashKeyId === '').toBe(core?.audience === Audience.INTERNAL);
  }
});

test('ends in time when the collector is away', async () => {
  const collector = await openCollector();
  collector.kill();
  const run = runMain('demo', { address: collector.address, users: 50 });
  await eventually(() => (run.stdout().endsWith('\n') ? true : undefined), waitMs, run.stderr);
  const stopMs = performance.now();
  run.process.kill('SIGINT');
  expect(await run.ended, run.stderr()).toBe(0);
  expect(performance.now() - stopMs).toBeLessThan(3_000);
});

test('the same seed makes the same users, another one others', () => {
  expect(demoUsers(50, 'a')).toEqual(demoUsers(50, 'a'));
  expect(demoUsers(50, 'a')).not.toEqual(demoUsers(50, 'b'));
  expect(new Set(demoUsers(300, 'a').map(({ user }) => user.id)).size).toBe(300);
});

test.each([
  [{ address: 'nowhere', users: 5 }, '"nowhere" is not the address of a collector'],
  [{ address: '127.0.0.1:1', users: 0 }, 'users: 0 is not a whole number'],
  [{ address: '127.0.0.1:1', users: 5, sessionsPerSecond: 0 }, 'sessionsPerSecond: 0 is not a number above 0'],
])('options that are wrong: %j', async (options, message) => {
  const run = runMain('demo', options);
  expect(await run.ended).toBe(2);
  expect(run.stderr()).toContain(message);
  expect(run.stdout()).toBe('');
});
