import type { DropReason } from '@telemetry/gen/constants';
import type { DroppedRange } from './wire/encode-batch.ts';

interface OpenRange {
  firstSeq: number;
  lastSeq: number;
  readonly reason: DropReason;
  readonly blacklistVersion: number | undefined;
}

/** What was dropped on purpose: how much, why, and what of it no collector has been told yet. */
export class DropLedger {
  readonly #counts = new Map<DropReason, number>();
  /** Not in any batch yet. */
  #waiting: OpenRange[] = [];
  #total = 0;
  #declared = 0;

  /** Events dropped so far. */
  get total(): number {
    return this.#total;
  }

  /** Events dropped whose declaration no collector has acknowledged. */
  get undeclared(): number {
    // A declaration may be heard of before its drop is, and twice after the uploader has crashed.
    return Math.max(0, this.#total - this.#declared);
  }

  /** Runs that wait for a batch to go with. */
  get waitingRanges(): number {
    return this.#waiting.length;
  }

  /** Events dropped so far, by reason. */
  get counts(): ReadonlyMap<DropReason, number> {
    return this.#counts;
  }

  /** Drops a run of numbers that is declared elsewhere: counts it, and lets it wait for no batch. */
  addDeclared(firstSeq: number, lastSeq: number, reason: DropReason): void {
    const count = lastSeq - firstSeq + 1;
    this.#total += count;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  /** Drops a run of numbers. */
  add(firstSeq: number, lastSeq: number, reason: DropReason, blacklistVersion?: number): void {
    this.addDeclared(firstSeq, lastSeq, reason);
    const last = this.#waiting.at(-1);
    if (last?.lastSeq === firstSeq - 1 && last.reason === reason && last.blacklistVersion === blacklistVersion) {
      last.lastSeq = lastSeq;
    } else {
      this.#waiting.push({ firstSeq, lastSeq, reason, blacklistVersion });
    }
  }

  /** Takes runs out, to be declared by a batch. Afterwards call `declared` or `giveBack` with them. */
  take(rangesMax: number): DroppedRange[] {
    return this.#waiting.splice(0, rangesMax);
  }

  /** A collector has taken the batch that declares these. */
  declared(ranges: readonly DroppedRange[]): void {
    for (const { firstSeq, lastSeq } of ranges) {
      this.#declared += lastSeq - firstSeq + 1;
    }
  }

  /** A collector has heard of that many numbers. */
  declaredNumbers(count: number): void {
    this.#declared += count;
  }

  /** The batch that declares these was refused: they go with another one. Joined where they touch, so that refusals add up to nothing. */
  giveBack(ranges: readonly DroppedRange[]): void {
    const all = [...this.#waiting, ...ranges].sort((a, b) => a.firstSeq - b.firstSeq);
    this.#waiting = [];
    for (const { firstSeq, lastSeq, reason, blacklistVersion } of all) {
      const last = this.#waiting.at(-1);
      if (last?.lastSeq === firstSeq - 1 && last.reason === reason && last.blacklistVersion === blacklistVersion) {
        last.lastSeq = lastSeq;
      } else {
        this.#waiting.push({ firstSeq, lastSeq, reason, blacklistVersion });
      }
    }
  }
}

/** Numbers in growing order, as runs without a gap. */
export function toRuns(numbers: readonly number[]): { firstSeq: number; lastSeq: number }[] {
  const runs: { firstSeq: number; lastSeq: number }[] = [];
  for (const seq of numbers) {
    const last = runs.at(-1);
    if (last?.lastSeq === seq - 1) {
      last.lastSeq = seq;
    } else {
      runs.push({ firstSeq: seq, lastSeq: seq });
    }
  }
  return runs;
}
