import type { NumberRuns } from '../audit/number-runs.ts';

/** What a receiver holds of a producer, in so few numbers that two can be compared without looking at each event. */
export interface ProducerSummary {
  /** Identity of the producer, 32 hexadecimal digits. */
  readonly producer: string;
  readonly product: string;
  /** Events stored; a number that is stored twice counts twice. */
  readonly stored: number;
  /** Numbers declared as dropped. */
  readonly declared: number;
  /** Checksums of both sets of numbers, see `number-digest.ts`. */
  readonly storedDigest: bigint;
  readonly declaredDigest: bigint;
}

/** Which numbers of a producer a receiver holds. */
export interface ProducerNumbers {
  readonly stored: NumberRuns;
  /** Of the stored ones, those that are there more than once. */
  readonly repeated: NumberRuns;
  readonly declared: NumberRuns;
}

/** An event, as people recognise it. */
export interface NamedEvent {
  readonly seq: number;
  readonly name: string;
  /** Microseconds since 1970-01-01T00:00:00 UTC. */
  readonly timeUnixUs: number;
}

/** Something that holds events: a warehouse, or the file of a mirror channel. */
export interface Receiver {
  /** For people. */
  readonly name: string;
  /** All producers, in the order of their identities. */
  summaries(): AsyncIterable<ProducerSummary>;
  /** The numbers of some producers; one that is not there holds none. */
  numbers(producers: readonly string[]): Promise<ReadonlyMap<string, ProducerNumbers>>;
  /** The first events of a producer that are in the runs. */
  events(producer: string, runs: NumberRuns, eventsMax: number): Promise<NamedEvent[]>;
}

/** What a receiver holds of a producer that it does not know. */
export const noNumbers: ProducerNumbers = { stored: [], repeated: [], declared: [] };
