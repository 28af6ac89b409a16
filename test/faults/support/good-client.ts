import type { CrashBatch } from '../../crash/crash-batch.ts';
import { mixedBatches } from './make-fault-batches.ts';
import { Sender } from './sender.ts';

/** Batches of one message, and the time in which they must be acknowledged while somebody else misbehaves. */
const batchesPerTurn = 10;
const ackTimeoutMs = 10_000;

/** A client that behaves and goes on sending while others do not. */
export class GoodClient {
  readonly product: string;
  /** All that it has sent. */
  readonly sent: CrashBatch[] = [];
  /** Longest wait for the acknowledgements of a message. */
  slowestMs = 0;
  readonly #sender: Sender;
  readonly #seed: number;
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(address: string, product: string, seed: number) {
    this.product = product;
    this.#sender = new Sender(address);
    this.#seed = seed;
  }

  /** Sends until it is stopped, a message after the other. */
  start(): void {
    this.#isStopping = false;
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  /** Stops; rejects when a batch was not acknowledged in time. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  close(): void {
    this.#sender.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const batches = mixedBatches(this.product, batchesPerTurn, this.#seed + this.sent.length);
      this.sent.push(...batches);
      const startedMs = performance.now();
      await this.#sender.offer(batches, ackTimeoutMs);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
      const left = batches.filter(({ isAcknowledged }) => !isAcknowledged).length;
      if (left > 0) throw new Error(`${left} batches of a client that behaves were not acknowledged`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
