import { parseArgs } from 'node:util';
import { protocolLimits } from '@telemetry/gen';

/** What `bench:ingest` is asked for. */
export interface BenchOptions {
  readonly seconds: number;
  readonly eventsPerBatch: number;
  /** Batches a second; undefined: as many as are acknowledged. */
  readonly rate: number | undefined;
  readonly streams: number;
  readonly users: number;
  readonly seed: number;
  readonly json: boolean;
}

export const usage = `Usage: npm run bench:ingest -- [options]

Starts \`telemetry serve\` in a temporary folder and a load generator that sends sealed batches, each of a producer of its own; then the
bare engine with the same batches. Prints rates, costs, latencies and memory; fails when what is stored is not what was acknowledged.

  --seconds N            how long to send (default 30)
  --events-per-batch N   events in a batch (default 1000); below 1 KiB a batch goes uncompressed, as from the client
  --rate N               batches a second (default: as many as are acknowledged)
  --streams N            PublishStream calls, each on a connection of its own (default 4)
  --users N              different users (default 1000000)
  --seed N               repeats the same content (default 1)
  --json                 one line of JSON
`;

/** A command line that is not understood. */
export class UsageError extends Error {}

/** Reads the command line. @throws UsageError naming the option */
export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  return {
    seconds: whole('--seconds', values.seconds, 30, 86_400),
    eventsPerBatch: whole('--events-per-batch', values['events-per-batch'], 1_000, protocolLimits.batchEventsMax),
    rate: values.rate === undefined ? undefined : whole('--rate', values.rate, 0, 1_000_000),
    streams: whole('--streams', values.streams, 4, 1_000),
    users: whole('--users', values.users, 1_000_000, 2 ** 32 - 1),
    seed: whole('--seed', values.seed, 1, 2 ** 31),
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        seconds: text,
        'events-per-batch': text,
        rate: text,
        streams: text,
        users: text,
        seed: text,
        json: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, value: string | undefined, fallback: number, max: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > max)
    throw new UsageError(`${name}: ${value} is not a whole number from 1 to ${max}`);
  return number;
}
