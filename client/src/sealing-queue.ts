import { assembleEvents } from './assemble-events.ts';
import type { ClosedEvents } from './cut-batch.ts';
import type { Compression } from './gzip.ts';
import { sealsAtOnce } from './limits.ts';
import type { Platform } from './platform.ts';
import { type SealResult, sealAside, sealWithinLimits } from './seal-within-limits.ts';

/** A closed batch with its place in the log. */
export interface ClosedBatch extends ClosedEvents {
  readonly ordinal: number;
}

/** Whom a queue tells. */
export interface SealingListener {
  /** The oldest batch is sealed, and not in the queue any more. */
  onSealed(closed: ClosedBatch, result: SealResult): void;
  /** Some were. */
  onReady(): void;
}

interface Entry {
  readonly closed: ClosedBatch;
  /** Being sealed on another thread; and what came of it, until those before it are sealed. */
  sealing: 'begun' | SealResult | undefined;
}

/**
 * Closed batches, until they are sealed, in their order. Seals a few at a time on other threads; or one at a time here, each in a turn of the
 * event loop of its own, so that an application which logs in bulk is never held for longer than one takes.
 */
export class SealingQueue {
  readonly #producerId: Uint8Array;
  readonly #compression: Compression;
  readonly #platform: Platform;
  readonly #listener: SealingListener;
  #entries: Entry[] = [];
  #scheduled = false;
  /** On other threads now: those among them that were cut or given up meanwhile, too. */
  #aside = 0;

  constructor(producerId: Uint8Array, compression: Compression, platform: Platform, listener: SealingListener) {
    this.#producerId = producerId;
    this.#compression = compression;
    this.#platform = platform;
    this.#listener = listener;
  }

  append(closed: ClosedBatch): void {
    this.#entries.push({ closed, sealing: undefined });
    this.#schedule();
  }

  /** Puts another batch in the place of each, or leaves it: one that is being sealed is sealed again when it is another. */
  replace(replacement: (closed: ClosedBatch) => ClosedBatch): void {
    this.#entries = this.#entries.map((entry) => {
      const closed = replacement(entry.closed);
      return closed === entry.closed ? entry : { closed, sealing: undefined };
    });
  }

  /** Takes out all. */
  takeAll(): ClosedBatch[] {
    return this.#entries.splice(0).map(({ closed }) => closed);
  }

  /** Seals all now. One that is being sealed on another thread is sealed again: what comes of that is not taken in any more. */
  sealAll(): void {
    for (const closed of this.takeAll()) {
      this.#listener.onSealed(closed, this.#sealHere(closed));
    }
  }

  #schedule(): void {
    if (!this.#scheduled && this.#entries.length > 0) {
      this.#scheduled = true;
      this.#platform.setTimer(() => {
        this.#scheduled = false;
        this.#goOn();
      }, 0);
    }
  }

  /** Begins to seal what may be: of the oldest as many as may be sealed at once, so that no more than these wait for one before them. */
  #sealNext(): void {
    for (let place = 0; place < sealsAtOnce && this.#aside < sealsAtOnce; place++) {
      const entry = this.#entries[place];
      if (entry === undefined) {
        return;
      }
      if (entry.sealing === undefined && !this.#sealAside(entry)) {
        // Here it is sealed when it is the oldest, and what is behind it in another turn.
        if (place === 0) {
          this.#entries.shift();
          this.#listener.onSealed(entry.closed, this.#sealHere(entry.closed));
          this.#schedule();
          this.#listener.onReady();
        }
        return;
      }
    }
  }

  #sealHere(closed: ClosedBatch): SealResult {
    return sealWithinLimits(this.#assemble(closed), closed.facts, this.#compression.gzip);
  }

  /** Begins to seal a batch on another thread; false: that does not pay, or there is none. */
  #sealAside(entry: Entry): boolean {
    const { closed } = entry;
    const aside = sealAside(this.#assemble(closed), closed.facts, this.#compression);
    if (aside === undefined) {
      return false;
    }
    entry.sealing = 'begun';
    this.#aside += 1;
    void aside.then((result) => {
      this.#aside -= 1;
      entry.sealing = result;
      this.#goOn();
    });
    return true;
  }

  /**
   * Hands on what is sealed, in its order, and goes on with the next: an entry that was replaced or taken out is not there any more. What was
   * sealed on another thread may be the oldest only now, when the one before it was sealed here.
   */
  #goOn(): void {
    for (let [oldest] = this.#entries; typeof oldest?.sealing === 'object'; [oldest] = this.#entries) {
      this.#entries.shift();
      this.#listener.onSealed(oldest.closed, oldest.sealing);
    }
    // After another thread's work the application has had its turn.
    this.#sealNext();
    this.#listener.onReady();
  }

  #assemble({ events, facts }: ClosedBatch): Uint8Array {
    return assembleEvents(this.#producerId, events, facts.dropped);
  }
}
