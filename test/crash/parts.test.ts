import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN } from '../../collector/src/limits.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { compareRows } from './compare-rows.ts';
import { batchesToExpect, expectedRows } from './expected-rows.ts';
import { planKills } from './kill-plan.ts';
import { heavyEventsMax, makeBatches, smallEventsMax } from './make-batches.ts';
import { parseOptions } from './options.ts';

const plan = (seed: number, batches = 200) => ({
  random: seededRandom(seed),
  producers: 4,
  batches,
  eventsMax: 50,
  product: 'crash-test',
});

test('a seed makes the same batches and the same kills again, another one others', () => {
  expect(makeBatches(plan(7, 20))).toEqual(makeBatches(plan(7, 20)));
  expect(makeBatches(plan(7, 20))).not.toEqual(makeBatches(plan(8, 20)));
  expect(planKills(2, seededRandom(7))).toEqual(planKills(2, seededRandom(7)));
});

test('heavy batches are loaded as columns, small ones as messages', () => {
  const meanOf = (eventsMax: number) => {
    const plain = makeBatches({ ...plan(3), eventsMax }).map(({ encoding, bytes }) =>
      encoding === 'gzip' ? gunzipSync(bytes).length : bytes.length,
    );
    return plain.reduce((sum, sizeBytes) => sum + sizeBytes, 0) / plain.length;
  };
  expect(meanOf(smallEventsMax)).toBeLessThan(COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN / 2);
  expect(meanOf(heavyEventsMax)).toBeGreaterThan(COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN * 1.5);
});

test('no number of a producer is given twice, be it to an event or to a declared drop', () => {
  const batches = makeBatches(plan(3));
  const numbers = batches.flatMap(({ producer, events, dropped }) => [
    ...events.map(({ seq }) => `${producer} ${seq}`),
    ...dropped.flatMap(({ firstSeq, lastSeq }) =>
      Array.from({ length: lastSeq - firstSeq + 1 }, (_, index) => `${producer} ${firstSeq + index}`),
    ),
  ]);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(batches.filter(({ dropped }) => dropped.length > 0).length).toBeGreaterThan(5);
  expect(batches.filter(({ events }) => events.length === 0).length).toBeGreaterThan(0);
});

test('rows are compared as multisets', () => {
  expect(compareRows(['a', 'b', 'b'], ['b', 'a', 'b'])).toEqual({ missing: [], surplus: [] });
  expect(compareRows(['a', 'b', 'b'], ['b', 'c'])).toEqual({ missing: ['a', 'b'], surplus: ['c'] });
  expect(compareRows(['a'], ['a', 'a'])).toEqual({ missing: [], surplus: ['a'] });
});

test('a batch without an acknowledgement may be stored whole or not at all', () => {
  const [first, second] = makeBatches(plan(5)).filter(({ events }) => events.length > 1);
  if (first === undefined || second === undefined) throw new Error('the plan has no batches');
  const rows = expectedRows([first]);
  expect(batchesToExpect([first, second], rows)).toEqual([first]);
  expect(batchesToExpect([first, second], { events: [], batch_ledger: [], dropped: [] })).toEqual([]);
  expect(batchesToExpect([first, { ...second, isAcknowledged: true }], rows)).toHaveLength(2);
  // A part of it is expected to be all of it, and so found to be a part.
  const part = { ...rows, events: rows.events.slice(1) };
  expect(compareRows(expectedRows(batchesToExpect([first], part)).events, part.events).missing).toHaveLength(1);
});

test('options: defaults, values, and what is not a number', () => {
  expect(parseOptions([], 5)).toEqual({ rounds: 100, seed: 5, collectors: 2, json: false });
  expect(parseOptions(['--rounds', '3', '--seed', '9', '--collectors', '1', '--json'], 5)).toEqual({
    rounds: 3,
    seed: 9,
    collectors: 1,
    json: true,
  });
  expect(parseOptions(['--help'], 5)).toBeUndefined();
  expect(() => parseOptions(['--rounds', '0'], 5)).toThrow('--rounds: "0" is not a whole number from 1');
  expect(() => parseOptions(['--seed', '-1'], 5)).toThrow('--seed');
  expect(() => parseOptions(['--collectors', '3'], 5)).toThrow('--collectors: "3" is not a whole number from 1 to 2');
});

test('Ctrl-C ends the command at once, and leaves no process and no folder', async () => {
  const folder = temporaryFolder();
  const script = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, [script, '--rounds', '5', '--json'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  // The heading is printed when all services are ready: the first round begins.
  await eventually(
    () => (output.includes('verdict') ? true : undefined),
    50_000,
    () => output,
  );
  child.kill('SIGINT');
  expect(await exited).toEqual([130, null]);
  expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({ interrupted: true, failed_seed: null });
  expect(readdirSync(folder)).toEqual([]);
  expect(execFileSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' })).not.toContain(folder);
});
