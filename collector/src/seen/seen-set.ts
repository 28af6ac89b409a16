import { mkdir } from 'node:fs/promises';
import { type Coverage, coverage, type SequenceRanges, union } from '../admission/sequence-ranges.ts';
import { DigestSet } from './digest-set.ts';
import { ProducerTable } from './producer-table.ts';
import {
  decodeBlocks,
  isForgottenNoted,
  listGenerations,
  noteForgotten,
  readLog,
  removeLog,
  type SeenEntry,
  SeenLog,
} from './seen-log.ts';

const GENERATIONS_KEPT = 2;
/** Of a digest, what the log and the ledger hold of it. */
const DIGEST_SIZE_BYTES = 8;

/** What bounds the seen-set; see `limits.ts`. */
export interface SeenSetBounds {
  readonly producersPerGenerationMax: number;
  readonly digestsPerGenerationMax: number;
  readonly logSizeBytesMax: number;
  readonly rangesPerProducerMax: number;
}

/**
 * What a batch is, by what was taken before: `new`, its numbers are free; `same`, it was taken; `conflict`, some of its numbers were taken
 * with other content; `forgotten`, its numbers were taken, and whether with this content is no longer known here, but in the warehouse's ledger.
 */
export type SeenVerdict = 'new' | 'same' | 'conflict' | 'forgotten';

/**
 * Which event numbers of which producers this collector has taken, and with what content, so that a batch sent again is told from a new one
 * and from one that claims the same numbers.
 *
 * Two generations bound it, in memory by the number of producers and of digests, and on disk by the size of the log: when the current one is
 * full it becomes the previous one, and the one before is forgotten. A producer that sends is carried over in memory. What is forgotten is
 * the matter of the warehouse's batch ledger.
 *
 * What survives a crash is the union of the logs here and the records in the spool: a segment's entries are logged before the segment
 * is deleted. Numbers of records that are not on disk yet are kept apart (`reserve`) and never logged.
 */
export class SeenSet {
  readonly #folder: string;
  readonly #bounds: SeenSetBounds;
  readonly #newTable: () => ProducerTable;
  #current: ProducerTable;
  #previous: ProducerTable;
  #currentDigests = new DigestSet();
  #previousDigests = new DigestSet();
  #hasForgotten = false;
  #generation = 0;
  #log: SeenLog | undefined;
  #logging: Promise<void> = Promise.resolve();
  readonly #reserved = new Map<string, SequenceRanges>();
  /** Digests of the reserved. */
  readonly #reservedDigests = new Set<string>();

  private constructor(folder: string, bounds: SeenSetBounds, hashSeed: number) {
    this.#folder = folder;
    this.#bounds = bounds;
    this.#newTable = () => new ProducerTable(hashSeed, bounds.rangesPerProducerMax);
    this.#current = this.#newTable();
    this.#previous = this.#newTable();
  }

  /**
   * Opens the set, reading what the last two generations logged.
   *
   * @param hasEarlierLife whether this collector has run before, so that a folder without logs has lost them. Default false
   */
  static async open(folder: string, bounds: SeenSetBounds, hashSeed: number, hasEarlierLife = false): Promise<SeenSet> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const seen = new SeenSet(folder, bounds, hashSeed);
    const generations = await listGenerations(folder);
    for (const forgotten of generations.slice(0, -GENERATIONS_KEPT)) await removeLog(folder, forgotten);
    if (isAnyMissing(generations, hasEarlierLife)) await noteForgotten(folder);
    let logSizeBytes = 0;
    for (const generation of generations.slice(-GENERATIONS_KEPT)) {
      const log = await readLog(folder, generation);
      const { wholeEnd, isDamaged } = decodeBlocks(log, (entry) => seen.remember(entry));
      logSizeBytes = wholeEnd;
      if (isDamaged) await noteForgotten(folder);
      seen.#generation = generation;
    }
    if (seen.#generation === 0) seen.#generation = 1;
    seen.#hasForgotten ||= seen.#generation > GENERATIONS_KEPT || (await isForgottenNoted(folder));
    seen.#log = await SeenLog.open(folder, seen.#generation, logSizeBytes);
    return seen;
  }

  /** Number of producers remembered; one that both generations know counts twice. */
  get producers(): number {
    return this.#current.size + this.#previous.size;
  }

  /** Whether anything that was taken has been forgotten since this collector's first start. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** What a batch is, by what was taken before, that on its way to the disk included. */
  judge({ producerId, sequence, digest }: SeenEntry): SeenVerdict {
    const covered = this.#coverage(producerId, sequence);
    if (covered === 'none') return 'new';
    if (covered === 'partial') return 'conflict';
    if (this.#currentDigests.has(digest) || this.#previousDigests.has(digest)) return 'same';
    if (this.#reservedDigests.size > 0 && this.#reservedDigests.has(digestKeyOf(digest))) return 'same';
    return this.#hasForgotten ? 'forgotten' : 'conflict';
  }

  /** Marks a batch as taken that is on its way to the disk. Follow with `settle` or `release`. */
  reserve({ producerId, sequence, digest }: SeenEntry): void {
    const key = keyOf(producerId);
    const reserved = this.#reserved.get(key);
    this.#reserved.set(key, reserved === undefined ? sequence : union(reserved, sequence));
    this.#reservedDigests.add(digestKeyOf(digest));
  }

  /** The record is on disk: its numbers stay. */
  settle(entry: SeenEntry): void {
    this.remember(entry);
    this.release(entry);
  }

  /** Adds a batch that is in the spool already. */
  remember(entry: SeenEntry): void {
    this.#rememberNumbers(entry);
    this.#rememberDigest(entry.digest);
  }

  /** The record did not reach the disk: its numbers are free again, for other content too. */
  release({ producerId, sequence, digest }: SeenEntry): void {
    this.#reservedDigests.delete(digestKeyOf(digest));
    const key = keyOf(producerId);
    const rest = subtract(this.#reserved.get(key) ?? [], sequence);
    if (rest.length === 0) this.#reserved.delete(key);
    else this.#reserved.set(key, rest);
  }

  /** Logs what a segment holds, see `encodeBlock`; it is on disk when this resolves, and the segment may go. */
  log(block: Buffer): Promise<void> {
    // One after another: each block goes where the one before has ended.
    const written = this.#logging.then(() => this.#append(block));
    this.#logging = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#logging;
    await this.#log?.close();
    this.#log = undefined;
  }

  /** How much of these numbers was taken before, those reserved included. */
  #coverage(producerId: Uint8Array, sequence: SequenceRanges): Coverage {
    const current = this.#current.coverage(producerId, sequence);
    if (current === 'whole') return current;
    const previous = this.#previous.size === 0 ? 'none' : this.#previous.coverage(producerId, sequence);
    if (previous === 'whole') return previous;
    const reserved = this.#reserved.size === 0 ? undefined : this.#reserved.get(keyOf(producerId));
    if (current === 'none' && previous === 'none' && reserved === undefined) return 'none';
    const known = union(this.#current.rangesOf(producerId), this.#previous.rangesOf(producerId));
    return coverage(sequence, reserved === undefined ? known : union(known, reserved));
  }

  #rememberNumbers({ producerId, sequence }: SeenEntry): void {
    if (this.#previous.size > 0 && !this.#current.has(producerId)) {
      const carried = this.#previous.rangesOf(producerId);
      if (carried.length > 0) this.#current.add(producerId, carried);
    }
    this.#current.add(producerId, sequence);
    if (this.#current.size < this.#bounds.producersPerGenerationMax) return;
    this.#hasForgotten ||= this.#previous.size > 0;
    this.#previous = this.#current;
    this.#current = this.#newTable();
  }

  #rememberDigest(digest: Uint8Array): void {
    this.#currentDigests.add(digest);
    if (this.#currentDigests.size < this.#bounds.digestsPerGenerationMax) return;
    this.#hasForgotten ||= this.#previousDigests.size > 0;
    this.#previousDigests = this.#currentDigests;
    this.#currentDigests = new DigestSet();
  }

  async #append(block: Buffer): Promise<void> {
    if (this.#log === undefined) throw new Error('The seen-set is closed.');
    await this.#log.append(block);
    if (this.#log.sizeBytes >= this.#bounds.logSizeBytesMax) await this.#turnLog();
  }

  async #turnLog(): Promise<void> {
    const next = await SeenLog.open(this.#folder, this.#generation + 1, 0);
    await this.#log?.close();
    this.#log = next;
    this.#generation++;
    this.#hasForgotten ||= this.#generation > GENERATIONS_KEPT;
    for (const generation of await listGenerations(this.#folder)) {
      if (generation <= this.#generation - GENERATIONS_KEPT) await removeLog(this.#folder, generation);
    }
  }
}

/** Logs are numbered from 1, and of those up to the newest all are there that should be kept. */
function isAnyMissing(generations: readonly number[], hasEarlierLife: boolean): boolean {
  const newest = generations.at(-1);
  if (newest === undefined) return hasEarlierLife;
  return (
    generations.length < Math.min(newest, GENERATIONS_KEPT) || generations.at(-1) !== (generations.at(-2) ?? 0) + 1
  );
}

function keyOf(producerId: Uint8Array): string {
  return Buffer.from(producerId.buffer, producerId.byteOffset, producerId.byteLength).toString('latin1');
}

function digestKeyOf(digest: Uint8Array): string {
  return keyOf(digest.subarray(0, DIGEST_SIZE_BYTES));
}

function subtract(ranges: SequenceRanges, taken: SequenceRanges): SequenceRanges {
  let rest: number[] = [...ranges];
  for (let index = 0; index < taken.length; index += 2) {
    const first = taken[index] as number;
    const last = taken[index + 1] as number;
    const next: number[] = [];
    for (let at = 0; at < rest.length; at += 2) {
      const restFirst = rest[at] as number;
      const restLast = rest[at + 1] as number;
      if (restLast < first || restFirst > last) {
        next.push(restFirst, restLast);
        continue;
      }
      if (restFirst < first) next.push(restFirst, first - 1);
      if (restLast > last) next.push(last + 1, restLast);
    }
    rest = next;
  }
  return rest;
}
