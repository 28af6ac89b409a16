import type { DeliveryListener, TakenBatch } from '../delivery.ts';
import type { DropLedger } from '../drop-ledger.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';
import { countNumbers } from './declaration.ts';
import type { Outcome, ReportedDrop } from './outcome.ts';
import { type Run, without } from './runs.ts';
import type { WrittenFile } from './store-writer.ts';

interface OwnFile {
  readonly firstOrdinal: number;
  readonly eventCount: number;
  readonly events: readonly Run[];
  /** What the file has declared from the start. */
  readonly declared: readonly DroppedRange[];
  /** Channels that have not answered for every event, and what the others and they have answered so far. */
  readonly channels: Map<string, { readonly outcomes: Outcome[]; settled: boolean }>;
}

/**
 * What became of the files of this process, whoever sends them. An event is pending until every channel has answered for it; where channels
 * differ, what the worst of them has done with the file counts.
 */
export class OwnFiles {
  readonly #channels: readonly string[];
  readonly #ledger: DropLedger;
  readonly #listener: DeliveryListener;
  readonly #files = new Map<number, OwnFile>();
  /** What came for files that are on disk, and of which this process does not know it yet. */
  #early: Outcome[] = [];
  #newestOrdinal = 0;
  #pendingEvents = 0;

  constructor(channels: readonly string[], ledger: DropLedger, listener: DeliveryListener) {
    this.#channels = channels;
    this.#ledger = ledger;
    this.#listener = listener;
  }

  /** Events on disk without an answer. */
  get pendingEvents(): number {
    return this.#pendingEvents;
  }

  /** Place of the oldest batch without an answer; undefined: there is none. */
  get oldestOrdinal(): number | undefined {
    return this.#files.values().next().value?.firstOrdinal;
  }

  add({ firstOrdinal, file, events, dropped }: WrittenFile): void {
    const channels = new Map(this.#channels.map((channel) => [channel, { outcomes: [], settled: false }]));
    const { eventCount } = file;
    this.#files.set(file.ordinal, { firstOrdinal, eventCount, events, declared: dropped, channels });
    this.#pendingEvents += file.eventCount;
    this.#newestOrdinal = file.ordinal;
    for (const outcome of this.#early.splice(0)) {
      this.take(outcome);
    }
  }

  /** Takes in what became of a file. Told twice of the same, as after a crash of the uploader, it counts it once. */
  take(outcome: Outcome): void {
    if (outcome.ordinal > this.#newestOrdinal) {
      this.#early.push(outcome);
      return;
    }
    if (outcome.channel === this.#channels[0]) {
      this.#ledger.declaredNumbers(outcome.declaredCount);
    }
    const file = this.#files.get(outcome.ordinal);
    const channel = file?.channels.get(outcome.channel);
    if (file === undefined || channel === undefined || channel.settled) {
      return;
    }
    channel.outcomes.push(outcome);
    channel.settled = outcome.settled;
    if ([...file.channels.values()].every(({ settled }) => settled)) {
      this.#files.delete(outcome.ordinal);
      this.#pendingEvents -= file.eventCount;
      this.#settle(file);
    }
  }

  /** Gives up all files, and what they declare. Returns the runs of events that were in them. */
  wipe(): Run[] {
    const files = [...this.#files.values()];
    this.#files.clear();
    this.#pendingEvents = 0;
    for (const { declared } of files) {
      this.#ledger.giveBack(declared);
    }
    return files.flatMap(({ events }) => events);
  }

  #settle(file: OwnFile): void {
    const [worst] = [...file.channels.values()]
      .map(({ outcomes }) => summarize(outcomes, file.declared))
      .sort((a, b) => countNumbers(b.dropped) - countNumbers(a.dropped));
    for (const { firstSeq, lastSeq, reason, problem } of worst?.dropped ?? []) {
      this.#ledger.addDeclared(firstSeq, lastSeq, reason);
      this.#listener.onDropped(firstSeq, lastSeq, reason, problem);
    }
    for (const { firstSeq, lastSeq, reason, problem } of worst?.refused ?? []) {
      this.#listener.onDropped(firstSeq, lastSeq, reason, problem);
    }
    for (const batch of worst?.taken ?? []) {
      this.#listener.onTaken(batch);
    }
  }
}

interface Summary {
  readonly taken: readonly TakenBatch[];
  readonly dropped: readonly ReportedDrop[];
  readonly refused: readonly ReportedDrop[];
}

/** All outcomes of a file as one, each batch once; of what was dropped as a whole only what had not been declared before. */
function summarize(outcomes: readonly Outcome[], declared: readonly DroppedRange[]): Summary {
  const taken = new Map<string, TakenBatch>();
  const dropped = new Map<string, ReportedDrop>();
  for (const outcome of outcomes) {
    for (const batch of outcome.taken) {
      taken.set(`${batch.firstSeq}-${batch.lastSeq}`, batch);
    }
    for (const range of outcome.dropped.flatMap((drop) =>
      without(drop, declared).map((run) => ({ ...drop, ...run })),
    )) {
      dropped.set(`${range.firstSeq}-${range.lastSeq}`, range);
    }
  }
  return {
    taken: [...taken.values()],
    dropped: [...dropped.values()],
    refused: outcomes.flatMap((outcome) => outcome.refused),
  };
}
