import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ErrorReason } from '@telemetry/gen';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runMain } from './support/run-main.ts';
import { categories, sequenceText } from './support/sequence-text.ts';
import { spoolingCollector } from './support/spooling-collector.ts';

const waitMs = 20_000;

function madeUpUsers(count: number, seed: number): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) =>
    Array.from(
      { length: index === 5 ? 2_345 : 1 + Math.floor(random() ** 4 * 60) },
      () => 1 + Math.floor(random() * 3),
    ),
  );
}

function writeFile(content: string | Uint8Array): string {
  const file = join(temporaryFolder(), 'views.seq');
  writeFileSync(file, content);
  return file;
}

function options(file: string, address: string, more: object = {}) {
  return { file, address, streams: 3, product: 'msnbc.com', json: true, progress: false, ...more };
}

const eventsOf = (users: readonly (readonly number[])[]) => users.reduce((sum, views) => sum + views.length, 0);

async function openCollector(): Promise<MisbehavingCollector> {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  return collector;
}

test('sends every view of a gzipped file, once, to a collector that breaks off and refuses for now', async () => {
  const seed = Date.now() % 1_000_000;
  const users = madeUpUsers(800, seed);
  const collector = await openCollector();
  const random = seededRandom(seed);
  collector.answer = ({ earlier }) => {
    const chance = random();
    if (earlier > 0 || chance > 0.02) return { kind: 'accept' };
    return chance > 0.002 ? { kind: 'defer', retryDelayMs: 1 } : { kind: 'break', keep: chance > 0.001 };
  };
  const run = runMain('replay', options(writeFile(gzipSync(sequenceText(users))), collector.address));
  expect(await run.ended, `seed ${seed}: ${run.stderr()}`).toBe(0);
  const summary = JSON.parse(run.stdout()) as Record<string, number>;
  const batches = users.length + 2;
  expect(summary, `seed ${seed}`).toMatchObject({ users: 800, events: eventsOf(users), batches, rejected: 0 });
  expect(summary['resent'], `seed ${seed}`).toBeGreaterThan(0);
  expect(collector.conflicts).toEqual([]);
  const byUser = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const { batch, sealedBytes } of collector.arrivals) {
    const key = Buffer.from(sealedBytes).toString('base64');
    if (seen.has(key)) continue;
    seen.add(key);
    const user = batch.core?.user?.id ?? '';
    const views = byUser.get(user) ?? [];
    byUser.set(user, views);
    for (const { seq, data } of batch.events) {
      views[Number(seq) - 1] = data.case === 'featureUse' ? data.value.feature : '';
    }
  }
  const expected = users.map((views, index) => [`msnbc-${index + 1}`, views.map((view) => categories[view - 1])]);
  expect(Object.fromEntries(byUser), `seed ${seed}`).toEqual(Object.fromEntries(expected));
});

test('a second replay with the same seed is duplicates to the real collector, one without is not', async () => {
  const users = madeUpUsers(300, 1);
  const file = writeFile(sequenceText(users));
  const collector = await spoolingCollector(temporaryFolder());
  onTestFinished(async () => {
    await collector.close({ drainTimeoutMs: 0 });
  });
  const runs = [{ producerSeed: 'again' }, { producerSeed: 'again' }, {}, { limit: 7, json: false }];
  const outputs: string[] = [];
  for (const more of runs) {
    const run = runMain('replay', options(file, collector.grpcAddress, more));
    expect(await run.ended, run.stderr()).toBe(0);
    outputs.push(run.stdout());
  }
  const [first, second, third] = outputs.slice(0, 3).map((output) => JSON.parse(output) as Record<string, number>);
  expect(first).toMatchObject({ users: 300, events: eventsOf(users), batches: 302, duplicates: 0, rejected: 0 });
  expect(second).toMatchObject({ users: 300, batches: 302, duplicates: 302, sealed_bytes: first?.['sealed_bytes'] });
  expect(third).toMatchObject({ users: 300, batches: 302, duplicates: 0 });
  expect(outputs[3]).toMatch(/^users +7\n/);
  expect(collector.counts).toMatchObject({ acceptedEvents: 2 * eventsOf(users) + eventsOf(users.slice(0, 7)) });
});

test('waits for a collector that is not there, says so, and goes on when it comes', async () => {
  const collector = await openCollector();
  collector.kill();
  const users = madeUpUsers(20, 2);
  const run = runMain('replay', options(writeFile(sequenceText(users)), collector.address));
  const message = `waiting for the collector at ${collector.address}: connection refused\n`;
  await eventually(() => (run.stderr().includes(message) ? true : undefined), waitMs, run.stderr);
  await collector.start();
  expect(await run.ended, run.stderr()).toBe(0);
  expect(JSON.parse(run.stdout())).toMatchObject({ users: 20, rejected: 0 });
});

test('goes on after the collector was killed in the middle', async () => {
  const users = madeUpUsers(3_000, 3);
  const collector = await openCollector();
  let taken = 0;
  collector.answer = () => (++taken > 1_000 ? { kind: 'silence' } : { kind: 'accept' });
  const run = runMain('replay', options(writeFile(sequenceText(users)), collector.address));
  await eventually(() => (taken > 1_000 ? true : undefined), waitMs, run.stderr);
  collector.kill();
  collector.answer = () => ({ kind: 'accept' });
  await collector.start();
  expect(await run.ended, run.stderr()).toBe(0);
  expect(JSON.parse(run.stdout())).toMatchObject({ users: 3_000, events: eventsOf(users), rejected: 0 });
  expect(collector.conflicts).toEqual([]);
  const stored = [...collector.stored.values()].reduce((sum, events) => sum + events.size, 0);
  expect(stored).toBe(eventsOf(users));
});

test('ends cleanly by a signal: stops reading, gets no answer, says what was done', async () => {
  const collector = await openCollector();
  let taken = 0;
  collector.answer = () => (++taken > 10 ? { kind: 'silence' } : { kind: 'accept' });
  const run = runMain('replay', options(writeFile(sequenceText(madeUpUsers(20_000, 4))), collector.address));
  await eventually(() => (taken > 10 ? true : undefined), waitMs, run.stderr);
  const startMs = performance.now();
  run.process.kill('SIGINT');
  expect(await run.ended, run.stderr()).toBe(130);
  expect(performance.now() - startMs).toBeLessThan(6_000);
  const summary = JSON.parse(run.stdout()) as Record<string, number>;
  expect(summary['batches']).toBe(10);
  expect(summary['unanswered']).toBeGreaterThan(0);
});

test('reads the standard input, and ends by a signal although more could come', async () => {
  const collector = await openCollector();
  const run = runMain('replay', options('-', collector.address));
  run.process.stdin.write(sequenceText([[1], [2, 2]]));
  await eventually(() => (collector.arrivals.length === 2 ? true : undefined), waitMs, run.stderr);
  run.process.kill('SIGTERM');
  expect(await run.ended, run.stderr()).toBe(130);
  expect(JSON.parse(run.stdout())).toMatchObject({ users: 2, events: 3, unanswered: 0 });
});

test('tells what the collector rejected, and ends with 1', async () => {
  const collector = await openCollector();
  collector.answer = ({ batch }) =>
    batch.events.length > 1 ? { kind: 'accept', drop: [0] } : { kind: 'reject', reason: ErrorReason.BAD_PRODUCER_ID };
  const file = writeFile(sequenceText([[1], [2, 2], [3], [1, 2, 3]]));
  const run = runMain('replay', options(file, collector.address, { json: false }));
  expect(await run.ended, run.stderr()).toBe(1);
  expect(run.stdout()).toMatch(/^rejected +2$/m);
  expect(run.stdout()).toMatch(/^dropped events +2$/m);
  expect(run.stdout()).toContain('  BAD_PRODUCER_ID: 2\n');
  expect(run.stdout()).toContain('  BLACKLISTED: 2\n');
});

describe('bad input ends with 2, one message, and without what is bad', () => {
  const good = sequenceText([[1, 2], [3]]);
  test.each([
    ['a bad line', `${good}1 7\n1\n`, 'views.seq, line 10: "7" is not a category', 2],
    ['no sequence file', '{"name":"events"}\n', 'views.seq, line 1: not a sequence file', 0],
    ['an empty file', '', 'views.seq: the file is empty', 0],
    ['damaged gzip', Uint8Array.from([0x1f, 0x8b, 1, 2, 3]), 'views.seq: the gzip data is damaged', 0],
    ['gzip of nothing', gzipSync(''), 'views.seq: the file is empty', 0],
    ['gzip cut short', gzipSync(sequenceText(madeUpUsers(99, 6))).subarray(0, -9), 'the gzip data ends too early', 99],
  ])('%s', async (_name, content, message, arrivals) => {
    const collector = await openCollector();
    const run = runMain('replay', options(writeFile(content), collector.address));
    expect(await run.ended).toBe(2);
    expect(run.stderr()).toContain(message);
    expect(run.stderr().trim().split('\n')).toHaveLength(1);
    expect(new Set(collector.arrivals.map(({ batch }) => batch.core?.user?.id)).size).toBeLessThanOrEqual(arrivals);
    expect(run.stdout() === '').toBe(collector.arrivals.length === 0);
  });

  test.each([
    ['no such file', { file: 'no-such-file' }, 'no-such-file: no such file'],
    ['a folder', { file: import.meta.dirname }, 'a folder; give the path'],
    ['no address', { address: 'nowhere' }, '"nowhere" is not the address of a collector'],
    ['no streams', { streams: 0 }, 'streams: 0 is not a whole number'],
  ])('%s', async (_name, more, message) => {
    const run = runMain('replay', { ...options(writeFile(good), '127.0.0.1:1'), ...more });
    expect(await run.ended).toBe(2);
    expect(run.stderr()).toContain(message);
    expect(run.stderr()).not.toMatch(/^\s+at /m);
  });
});
