import { parseArgs } from 'node:util';

/** What the campaign is asked to do. */
export interface CrashOptions {
  readonly rounds: number;
  /** Seed of the first round; each next one has the next. */
  readonly seed: number;
  /** On one warehouse: 1 or 2. */
  readonly collectors: number;
  readonly json: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: npm run crash -- [options]

Runs a warehouse and two collectors as processes, sends batches, loses acknowledgements, sends again, also to the other
collector, kills with SIGKILL, and checks after each round that every acknowledged event is stored once, rollups included.

  --rounds N           how many rounds (default: 100)
  --seed N             seed of the first round; each next one has the next (default: by the clock)
  --collectors N       1 or 2 on the warehouse (default: 2)
  --json               print a line of JSON at the end
  --help               this text`;

/**
 * Reads the arguments; undefined when the help is asked for.
 *
 * @throws TypeError saying which one is wrong.
 */
export function parseOptions(args: readonly string[], defaultSeed: number): CrashOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(defaultSeed) },
      collectors: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rounds: wholeNumber('--rounds', values.rounds, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    collectors: wholeNumber('--collectors', values.collectors, 1, 2),
    json: values.json,
  };
}

function wholeNumber(option: string, text: string, min: number, max = 0xffff_ffff): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new TypeError(`${option}: ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`);
  }
  return value;
}
