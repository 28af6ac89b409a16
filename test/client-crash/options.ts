import { parseArgs } from 'node:util';

/** What the campaign is asked to do. */
export interface ClientCrashOptions {
  readonly rounds: number;
  /** Seed of the first round; each next one has the next. */
  readonly seed: number;
  /** Eight processes at a time, for so long, in place of the rounds; undefined: rounds. */
  readonly eightForSeconds: number | undefined;
  readonly json: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: npm run crash:client -- [options]

Runs processes with the client on one folder, kills them with SIGKILL at random moments and at each step of write, rename, send, ack and
delete, cuts and restores the network, and checks after each round that the warehouse holds every event that was durable, once, and that
every number is accounted for.

  --rounds N           how many rounds (default: 100)
  --seed N             seed of the first round; each next one has the next (default: by the clock)
  --eight              in place of rounds: eight processes at a time before a receiver that is never well for long, one uploader at a time
  --seconds N          for how long, with --eight (default: 600)
  --json               print a line of JSON at the end
  --help               this text`;

/**
 * Reads the arguments; undefined when the help is asked for.
 *
 * @throws TypeError saying which one is wrong.
 */
export function parseOptions(args: readonly string[], defaultSeed: number): ClientCrashOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(defaultSeed) },
      eight: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '600' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const seconds = wholeNumber('--seconds', values.seconds, 1);
  return {
    rounds: wholeNumber('--rounds', values.rounds, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    eightForSeconds: values.eight ? seconds : undefined,
    json: values.json,
  };
}

function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > 0xffff_ffff) {
    throw new TypeError(`${option}: ${JSON.stringify(text)} is not a whole number from ${min} on`);
  }
  return value;
}
