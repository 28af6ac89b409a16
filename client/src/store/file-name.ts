import type { DropReason } from '@telemetry/gen/constants';

/**
 * What may be done with a file, and with what is in it:
 * - `batch`: was never sent, so it may be cut or dropped.
 * - `sent`: an attempt was made, so its bytes stay as they are until all of it has an answer.
 * - `editing`: was sent, and is being written anew by what was answered. Found by another: goes on as `sent`, with no fate unknown.
 * - `cutting`: was never sent, and is being written anew without what is banned. Found by another: goes on as `batch`.
 * - `merging`: declares what its sources do, which are being removed. Found by another: removes them, and goes on as `batch`.
 * - `drop`: was dropped for good, and waits to be declared, as a whole and for the reason.
 */
export type FileState =
  | { readonly kind: 'batch' | 'sent' | 'editing' | 'cutting' | 'merging' }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/** A file of the store, as its name has it. The name says which numbers the file accounts for, so that these are known even when it cannot be read. */
export interface StoreFile {
  /** When it was made: milliseconds since 1970. The age of a file, for who is dropped first. */
  readonly createdUnixMs: number;
  /** Whose events these are: 32 hexadecimal digits; zeros where it declares for several. */
  readonly producer: string;
  /** Place among the batches of the producer. */
  readonly ordinal: number;
  /** Number of the first event or declared event; 0 where it declares for several producers. */
  readonly firstSeq: number;
  /** Number of the last. Every number in between is in the file, as an event or declared. */
  readonly lastSeq: number;
  /** How many of the numbers are events. */
  readonly eventCount: number;
  readonly state: FileState;
}

/** Stands for several producers. */
export const severalProducers = '0'.repeat(32);

const pattern =
  /^(\d{13})-([0-9a-f]{32})-(\d{8,15})-(\d{1,16})-(\d{1,16})-(\d{1,16})\.(?:(batch|sent|editing|cutting|merging)|drop(\d{1,4}))$/;

/** The name of a file. Names sort by age. */
export function formatFileName(file: StoreFile): string {
  const { createdUnixMs, producer, ordinal, firstSeq, lastSeq, eventCount, state } = file;
  const created = String(createdUnixMs).padStart(13, '0');
  const place = String(ordinal).padStart(8, '0');
  const extension = state.kind === 'drop' ? `drop${state.reason}` : state.kind;
  return `${created}-${producer}-${place}-${firstSeq}-${lastSeq}-${eventCount}.${extension}`;
}

/** Reads a name; undefined: it is none of the store's. */
export function parseFileName(name: string): StoreFile | undefined {
  const match = pattern.exec(name);
  if (match === null) {
    return undefined;
  }
  const [createdUnixMs = 0, ordinal = 0, firstSeq = 0, lastSeq = 0, eventCount = 0] = [1, 3, 4, 5, 6].map((group) =>
    Number(match[group]),
  );
  const kind = match[7] as 'batch' | undefined;
  const state: FileState = kind === undefined ? { kind: 'drop', reason: Number(match[8]) as DropReason } : { kind };
  const file: StoreFile = { createdUnixMs, producer: match[2] ?? '', ordinal, firstSeq, lastSeq, eventCount, state };
  const numbers = lastSeq === 0 ? 0 : lastSeq - firstSeq + 1;
  const makesSense = Number.isSafeInteger(lastSeq) && firstSeq <= lastSeq && eventCount <= numbers;
  // Other zeros in front would be another name for the same file.
  return makesSense && formatFileName(file) === name ? file : undefined;
}

/** The same file in another state. */
export function inState(file: StoreFile, state: FileState): StoreFile {
  return { ...file, state };
}

/** Whether a file does nothing but declare what the store has dropped, for several producers. */
export function isDeclarationFile(file: StoreFile): boolean {
  return file.producer === severalProducers;
}
