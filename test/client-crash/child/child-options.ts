/** A step of the client at which its process can be killed. */
export type Step =
  | 'open'
  | 'write'
  | 'flush'
  | 'rename'
  | 'link'
  | 'remove'
  | 'list'
  | 'read'
  | 'beat'
  | 'connect'
  | 'send'
  | 'ack';

/** Steps on the files of a store. */
export const fileSteps = ['open', 'write', 'flush', 'rename', 'link', 'remove', 'list', 'read', 'beat'] as const;
/** Steps on the way to a collector. */
export const channelSteps = ['connect', 'send', 'ack'] as const;

/** Where a process kills itself. */
export interface CrashPoint {
  readonly step: Step;
  /** At the n-th of its kind, from 1. */
  readonly count: number;
  /** `during` leaves half of a write behind; for the other steps it is `before`. */
  readonly moment: 'before' | 'during' | 'after';
}

/** How a life ends: by shutdown, by `process.exit`, by having nothing more to do, or by whoever kills it. */
export type Ending = 'shutdown' | 'exit' | 'leave' | 'killed';

/** What a process of the campaign is told. */
export interface ChildOptions {
  readonly name: string;
  readonly product: string;
  readonly folder: string;
  readonly address: string;
  readonly seed: number;
  /** How long it logs. */
  readonly durationMs: number;
  readonly ending: Ending;
  readonly crashPoint: CrashPoint | undefined;
  /** Logs nothing and stays until the store is empty. */
  readonly drains: boolean;
  /** Longest pause between two bursts of events. */
  readonly pauseMsMax: number;
  readonly flushIntervalMs: number;
}

/** What a process says, a line each. */
export type ChildReport =
  | { readonly kind: 'started'; readonly producer: string }
  /** All numbers up to this one are on disk, or have their answer. */
  | { readonly kind: 'durable'; readonly seq: number }
  /** Is about to exit, with so many numbers given. */
  | { readonly kind: 'exiting'; readonly seq: number }
  /** Hands a batch to its connection now: milliseconds of the machine's steady clock. */
  | { readonly kind: 'sending'; readonly atMs: number }
  | { readonly kind: 'alive'; readonly holding: string }
  | { readonly kind: 'crashing'; readonly at: string }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'drained' };
