import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../support/random.ts';
import { balanceProducer } from './check/producer-ledger.ts';
import { checkTenures } from './check/tenures.ts';
import { channelSteps, fileSteps } from './child/child-options.ts';
import { parseOptions } from './options.ts';
import { planRound } from './round-plan.ts';

const size = { slots: 3, livesPerSlot: 3, lifeMsMax: 700 };

test('a seed makes the same round again, another one another', () => {
  expect(planRound(seededRandom(7), size)).toEqual(planRound(seededRandom(7), size));
  expect(planRound(seededRandom(7), size)).not.toEqual(planRound(seededRandom(8), size));
});

test('a hundred rounds plan every step and moment of a kill, every ending and every weather', () => {
  const plans = Array.from({ length: 100 }, (_, seed) => planRound(seededRandom(seed), size));
  const lives = plans.flatMap(({ slots }) => slots.flat());
  const points = new Set(
    lives.map(({ child: { crashPoint } }) => crashPoint && `${crashPoint.moment} ${crashPoint.step}`),
  );
  for (const step of [...fileSteps, ...channelSteps]) {
    for (const moment of ['before', 'during', 'after']) {
      expect(points).toContain(`${moment} ${step}`);
    }
  }
  expect(new Set(lives.map(({ child }) => child.ending)).size).toBe(4);
  expect(new Set(lives.map(({ kill }) => kill?.from)).size).toBe(3);
  expect(new Set(plans.flatMap(({ weather }) => weather.map(({ weather: name }) => name))).size).toBe(6);
});

test('the ledger of a producer: balanced, lost, with a hole at its end, twice, stored and declared', () => {
  const declared = [{ firstSeq: 3, lastSeq: 4, reason: 'store_full' }];
  const balanced = balanceProducer('a', 5, { events: [1, 2, 5, 6], declared });
  expect(balanced).toEqual({
    producer: 'a',
    highestSeq: 6,
    stored: 4,
    declared: 2,
    declaredByReason: { store_full: 2 },
    findings: [],
  });
  const findings = (durableSeq: number, events: number[]) =>
    balanceProducer('a', durableSeq, { events, declared }).findings;
  expect(findings(6, [1, 2, 5])).toEqual([expect.stringContaining('1 numbers that were durable are nowhere: 6')]);
  expect(findings(4, [1, 2, 6])).toEqual([expect.stringContaining('1 holes after 4: 5')]);
  expect(findings(4, [1, 2, 2])).toEqual([expect.stringContaining('more than once: 2')]);
  expect(findings(4, [1, 2, 4])).toEqual([expect.stringContaining('more than once: 4')]);
  expect(balanceProducer('a', 0, { events: [], declared: [] })).toMatchObject({ highestSeq: 0, findings: [] });
});

test('one uploader at a time: each sends until another has taken over', () => {
  const by = (names: string) => checkTenures([...names].map((process, atMs) => ({ process, atMs })));
  expect(by('')).toEqual({ tenures: 0, findings: [] });
  expect(by('aaabbc')).toEqual({ tenures: 3, findings: [] });
  expect(by('aaba').findings).toEqual(['a sent again after b had taken over']);
});

test('the options: defaults, all of them, and what is wrong', () => {
  expect(parseOptions([], 5)).toEqual({ rounds: 100, seed: 5, eightForSeconds: undefined, json: false });
  expect(parseOptions(['--eight', '--json', '--seed', '9'], 5)).toEqual({
    rounds: 100,
    seed: 9,
    eightForSeconds: 600,
    json: true,
  });
  expect(parseOptions(['--help'], 5)).toBeUndefined();
  for (const args of [['--rounds', '0'], ['--rounds', 'x'], ['--seed', '-1'], ['--seconds', '1.5'], ['--nine']]) {
    expect(() => parseOptions(args, 5)).toThrow(TypeError);
  }
});

test('the command says what it can do, and what it cannot', () => {
  const main = join(import.meta.dirname, 'main.ts');
  expect(execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' })).toContain('npm run crash:client');
  expect(() => execFileSync(process.execPath, [main, '--rounds', 'x'], { stdio: 'pipe' })).toThrow(/--rounds: "x"/);
});
