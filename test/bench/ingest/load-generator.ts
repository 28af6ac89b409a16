import { setTimeout as delay } from 'node:timers/promises';
import type { Ack } from '@telemetry/client/relay';
import { Outcome } from '@telemetry/gen';
import { BatchFactory, type FleetOptions } from './batch-factory.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { type Due, LoadStream } from './load-stream.ts';

/** What a stream may have in flight: enough that neither side waits for the other, little enough to be answered soon. */
const WINDOW_SIZE_BYTES = 384 * 1024;
const WINDOW_BATCHES_MAX = 1_024;
/** Of a stream that keeps a rate: what the protocol lets a collector hold, so that batches are late rather than not sent. */
const WINDOW_BATCHES_AT_RATE = 4_096;
/** Time between two looks at which batches are due; Node's timers know no less. */
const TICK_MS = 1;
const LAST_ACKS_TIMEOUT_MS = 120_000;

/** What a generator does. */
export interface LoadOptions extends FleetOptions {
  /** `host:port` of the collector. */
  readonly address: string;
  readonly streams: number;
  readonly seconds: number;
  /** Batches a second, over all streams; undefined: as many as are acknowledged. */
  readonly rate: number | undefined;
}

/** What came of it. */
export interface LoadResult {
  readonly batches: number;
  readonly events: number;
  readonly sealedBytes: number;
  /** From the first batch to the last acknowledgement. */
  readonly elapsedMs: number;
  readonly ackMsP50: number;
  readonly ackMsP99: number;
  /** Answers that told to come later; those batches were sent again. */
  readonly deferred: number;
  /** Events acknowledged, by feature: those that are feature uses. */
  readonly featureEvents: Readonly<Record<string, number>>;
}

/** Sends batches over several streams and measures the acknowledgements. */
export class LoadGenerator {
  readonly #options: LoadOptions;
  readonly #factory: BatchFactory;
  readonly #streams: readonly LoadStream[];
  readonly #latency = new LatencyHistogram();
  readonly #ackedByTemplate: Float64Array;
  readonly #again: Due[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #numbers = 0;
  #allowed = 0;
  #acked = 0;
  #deferred = 0;
  #startedMs = 0;
  #lastAckMs = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#factory = new BatchFactory(options);
    this.#ackedByTemplate = new Float64Array(this.#factory.templateCount);
    const owner = {
      next: () => this.#next(),
      onAck: (due: Due, ack: Ack) => this.#onAck(due, ack),
      onBroken: (error: Error) => this.#failed.reject(error),
    };
    const window = options.rate === undefined ? this.#windowBatches() : WINDOW_BATCHES_AT_RATE;
    this.#streams = Array.from(
      { length: options.streams },
      () => new LoadStream(options.address, this.#factory, window, owner),
    );
    this.#failed.promise.catch(() => {});
  }

  /** Batches acknowledged so far. */
  get acked(): number {
    return this.#acked;
  }

  async open(): Promise<void> {
    for (const stream of this.#streams) await stream.open();
  }

  /** Sends for the given time, then waits for the last acknowledgements. Rejects when a stream breaks or a batch is refused. */
  async run(): Promise<LoadResult> {
    this.#startedMs = performance.now();
    await Promise.race([this.#send(), this.#failed.promise]);
    const ended = performance.now() + LAST_ACKS_TIMEOUT_MS;
    while (this.#acked < this.#numbers) {
      if (performance.now() > ended) throw new Error(`${this.#numbers - this.#acked} batches were not acknowledged`);
      await Promise.race([delay(TICK_MS), this.#failed.promise]);
    }
    return this.#result();
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
  }

  async #send(): Promise<void> {
    const { seconds, rate } = this.#options;
    const endMs = this.#startedMs + seconds * 1000;
    if (rate === undefined) this.#allowed = Number.POSITIVE_INFINITY;
    for (let nowMs = this.#startedMs; nowMs < endMs; nowMs = performance.now()) {
      if (rate !== undefined) this.#allowed = Math.floor(((nowMs - this.#startedMs) * rate) / 1000) + 1;
      for (const stream of this.#streamsByLoad()) stream.pump();
      await delay(this.#msUntilDue());
    }
    this.#allowed = this.#numbers;
  }

  /** Until the next batch is due, or may have to be sent again. */
  #msUntilDue(): number {
    const { rate } = this.#options;
    if (rate === undefined || this.#deferred > 0) return TICK_MS;
    return Math.max(TICK_MS, this.#startedMs + (this.#allowed * 1000) / rate - performance.now());
  }

  /** The least busy first, so that batches that come one at a time are spread over all. */
  #streamsByLoad(): readonly LoadStream[] {
    if (this.#options.rate === undefined) return this.#streams;
    const turn = this.#numbers % this.#streams.length;
    return [...this.#streams.slice(turn), ...this.#streams.slice(0, turn)];
  }

  #next(): Due | undefined {
    const again = this.#again.pop();
    if (again !== undefined) return again;
    if (this.#numbers >= this.#allowed) return undefined;
    const { rate } = this.#options;
    const number = this.#numbers++;
    // At a rate, the wait begins when the batch was due: a generator that is late must not make the collector look quick.
    const sinceMs = rate === undefined ? performance.now() : this.#startedMs + (number * 1000) / rate;
    return { number, sinceMs, attempt: 1 };
  }

  #onAck(due: Due, ack: Ack): void {
    if (ack.outcome === Outcome.DEFERRED) {
      this.#deferred++;
      setTimeout(() => this.#again.push({ ...due, attempt: due.attempt + 1 }), ack.retryDelayMs);
      return;
    }
    const isTaken = ack.outcome === Outcome.ACCEPTED && ack.acceptedEvents === this.#options.eventsPerBatch;
    if (!isTaken) {
      const reason = `${ack.rejection?.message ?? `outcome ${ack.outcome}, ${ack.acceptedEvents} events taken`}`;
      this.#failed.reject(new Error(`batch ${due.number} was not taken whole: ${reason}`));
      return;
    }
    this.#lastAckMs = performance.now();
    this.#latency.add(this.#lastAckMs - due.sinceMs);
    this.#acked++;
    const template = this.#factory.templateOf(due.number);
    this.#ackedByTemplate[template] = (this.#ackedByTemplate[template] as number) + 1;
  }

  #windowBatches(): number {
    const sizeBytes = this.#factory.make(0).bytes.length;
    return Math.min(WINDOW_BATCHES_MAX, Math.max(8, Math.floor(WINDOW_SIZE_BYTES / sizeBytes)));
  }

  #result(): LoadResult {
    const featureEvents: Record<string, number> = {};
    let sealedBytes = 0;
    for (const [template, batches] of this.#ackedByTemplate.entries()) {
      sealedBytes += this.#factory.make(template).bytes.length * batches;
      for (const [feature, events] of this.#factory.featureUses(template))
        featureEvents[feature] = (featureEvents[feature] ?? 0) + events * batches;
    }
    return {
      batches: this.#acked,
      events: this.#acked * this.#options.eventsPerBatch,
      sealedBytes,
      elapsedMs: this.#lastAckMs - this.#startedMs,
      ackMsP50: this.#latency.quantileMs(0.5),
      ackMsP99: this.#latency.quantileMs(0.99),
      deferred: this.#deferred,
      featureEvents,
    };
  }
}
