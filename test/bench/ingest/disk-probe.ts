import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LatencyHistogram } from './latency-histogram.ts';

/** About a batch of 1,000 events, as it is sealed. */
const WRITE_SIZE_BYTES = 18 * 1024;
/** Writes a second, unless the bench has a rate of its own. */
const RATE_DEFAULT = 300;

/**
 * How long the disk takes, with nothing else to do, for what a collector does before it acknowledges: a batch at a time is added to a file and flushed.
 * An acknowledgement cannot come sooner, and a disk that several machines share stands still at times.
 */
export class DiskProbe {
  readonly #latency = new LatencyHistogram();
  readonly #path: string;
  readonly #rate: number;

  constructor(folder: string, rate: number | undefined) {
    this.#path = join(folder, 'disk-probe');
    this.#rate = rate ?? RATE_DEFAULT;
  }

  async run(durationMs: number, signal: AbortSignal): Promise<void> {
    const bytes = Buffer.alloc(WRITE_SIZE_BYTES, 1);
    const startMs = performance.now();
    await using file = await open(this.#path, 'w');
    for (let count = 0; performance.now() < startMs + durationMs; count++) {
      const dueMs = startMs + (count * 1000) / this.#rate;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      signal.throwIfAborted();
      await file.write(bytes);
      await file.datasync();
      // As for the acknowledgements: the wait begins when the write was due.
      this.#latency.add(performance.now() - dueMs);
    }
  }

  quantileMs(quantile: number): number {
    return this.#latency.quantileMs(quantile);
  }
}
