import type { BlacklistEntry } from '@telemetry/gen';
import type { BatchBans, BlacklistMatcher } from '../blacklist/blacklist-matcher.ts';
import { TraitsReader } from './read-traits.ts';
import { Refusal } from './refusal.ts';

/** Products and versions of which the bans are found by comparing bytes. A power of two. */
const SLOTS = 64;

interface Slot {
  readonly product: Uint8Array;
  readonly audience: number;
  readonly bans: BatchBans;
}

/** Holds the events of one batch after the other against the blacklist, wherever in the batch its core stands. */
export class BanCheck {
  /** Events of this batch that are banned. */
  bannedEventCount = 0;
  #matcher: BlacklistMatcher | undefined;
  #nowMs = 0;
  #bans: BatchBans | undefined;
  #isCoreKnown = false;
  readonly #reader = new TraitsReader();
  /** What was found for batches before, by a few bytes of the product. */
  readonly #slots: (Slot | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

  /** Whether anything is banned at all; when not, nothing else needs to be called. */
  get isOn(): boolean {
    return this.#matcher !== undefined;
  }

  /** Version of the list; 0 when nothing is banned. */
  get version(): number {
    return this.#matcher?.version ?? 0;
  }

  /**
   * Begins a batch.
   *
   * @param matcher undefined when nothing is banned
   * @param nowMs milliseconds since 1970, by which entries expire
   */
  begin(matcher: BlacklistMatcher | undefined, nowMs: number): void {
    if (matcher !== this.#matcher) this.#slots.fill(undefined);
    this.bannedEventCount = 0;
    this.#matcher = matcher;
    this.#nowMs = nowMs;
    this.#bans = undefined;
    this.#isCoreKnown = false;
  }

  /** Takes note of the core, whose content lies from `start` up to `end`. */
  noteCore(bytes: Uint8Array, start: number, end: number): void {
    this.#isCoreKnown = true;
    this.#reader.readCore(bytes, start, end);
    this.#bans = this.#bansOf(bytes);
  }

  /**
   * The entry that bans an event, by the place of its name.
   *
   * @param endByte where the event ends: the core is looked for from there on when it has not come yet, once
   */
  find(bytes: Uint8Array, nameStart: number, nameEnd: number, endByte: number): BlacklistEntry | undefined {
    if (!this.#isCoreKnown) {
      this.#isCoreKnown = true;
      // Without a core the batch will be refused.
      if (this.#reader.readCoreAhead(bytes, endByte)) this.#bans = this.#bansOf(bytes);
    }
    const entry = this.#bans?.find(bytes, nameStart, nameEnd);
    if (entry !== undefined) this.bannedEventCount++;
    return entry;
  }

  #bansOf(bytes: Uint8Array): BatchBans | undefined {
    const { productStart, productEnd, audience } = this.#reader;
    const middle = (productStart + productEnd) >> 1;
    const sample = (bytes[productEnd - 1] as number) + 7 * (bytes[middle] as number) + 31 * (productEnd - productStart);
    const index = (sample + audience) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && slot.audience === audience && isEqual(slot.product, bytes, productStart, productEnd)) {
      slot.bans.nowMs = this.#nowMs;
      return slot.bans;
    }
    const bans = this.#matcher?.forBatch(this.#traits(), this.#nowMs);
    // A copy: the batch's bytes are those of a buffer that the next one overwrites, and `slice` of a Buffer is a view.
    if (bans !== undefined)
      this.#slots[index] = { product: Uint8Array.from(bytes.subarray(productStart, productEnd)), audience, bans };
    return bans;
  }

  #traits() {
    try {
      return this.#reader.traits();
    } catch (error) {
      // A core that comes later and was not walked yet: the walk will refuse it.
      if (error instanceof Refusal) return { product: '', version: '', audience: 0 };
      throw error;
    }
  }
}

function isEqual(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}
