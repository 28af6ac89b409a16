import {
  type ChannelError,
  createTelemetry,
  grpcChannel,
  type Telemetry,
  type TelemetryOptions,
} from '@telemetry/client';
import { expect, vi } from 'vitest';
import type { CollectorHoldings } from '../../client/support/collector-holdings.ts';
import { expectBalance } from '../../client/support/expect-balance.ts';
import { MisbehavingCollector } from '../../client/support/misbehaving-collector.ts';
import { RawCollector } from './raw-collector.ts';

/** Short waits, so that a row does not take minutes. Of a person's mending, long against the others, so that the two can be told apart. */
export const shortRetry = { initialBackoffMs: 4, maxBackoffMs: 20, permanentBackoffMs: 240 };
/** The least wait where a person has to mend something; Node's timers may fire a millisecond early. */
export const holdMsMin = shortRetry.permanentBackoffMs / 2 - 2;

const waiting = { timeout: 30_000, interval: 5 };

interface TestCollector extends CollectorHoldings {
  readonly address: string;
  start(): Promise<unknown>;
  kill(): void;
}

/** A client and a collector that misbehaves. */
export class Scene<Collector extends TestCollector> {
  readonly collector: Collector;
  readonly telemetry: Telemetry;
  readonly errors: ChannelError[] = [];

  constructor(collector: Collector, options: Partial<TelemetryOptions>, connectTimeoutMs: number) {
    this.collector = collector;
    this.telemetry = createTelemetry({
      product: { name: 'editor', version: '1.0.0' },
      channel: grpcChannel(collector.address, { connectTimeoutMs }),
      flushIntervalMs: 15,
      // Room for what `logBatches` logs, before it is sealed.
      queueBytesMax: 64 * 1024 * 1024,
      ...options,
      retry: { ...shortRetry, ...options.retry },
    });
    this.telemetry.on('error', (error) => this.errors.push(error));
  }

  /** Logs so many small events. */
  log(count: number): void {
    for (let index = 0; index < count; index++) {
      this.telemetry.featureUsed('save', { properties: { index: String(index) } });
    }
  }

  /** Logs events that make so many batches: each is closed for its size long before it has a thousand events. */
  logBatches(count: number): void {
    const filler = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`p${index}`, 'x'.repeat(1000)]));
    const eventsPerBatch = 17;
    for (let index = 0; index < count * eventsPerBatch; index++) {
      this.telemetry.log({ name: 'filled', properties: filler });
    }
  }

  /** Waits until everything is answered for, and holds what the collector has against what the client says and what the protocol asks. */
  async settle(): Promise<void> {
    const { collector, telemetry } = this;
    await vi.waitFor(() => expect(telemetry.stats()).toMatchObject({ pending: 0, undeclared: 0 }), waiting);
    const stats = telemetry.stats();
    expectBalance(stats);
    expect(collector.conflicts).toStrictEqual([]);
    const stored = collector.storedNumbers();
    const declared = [...collector.declaredReasons().keys()];
    expect(stored.length).toBe(stats.acknowledged);
    expect([...stored, ...declared].sort((a, b) => a - b)).toStrictEqual(numbers(stats.highestSeq));
    for (const { attempt, earlier } of collector.arrivals) {
      expect(attempt).toBeGreaterThan(earlier);
    }
    expect(stats.handlerErrors).toBe(0);
  }

  /** Batches with events as they came, without those that only declare. */
  get eventArrivals(): CollectorHoldings['arrivals'] {
    return this.collector.arrivals.filter(({ batch }) => batch.events.length > 0);
  }

  /** Milliseconds between one arrival of events and the next. */
  get pausesMs(): number[] {
    const times = this.eventArrivals.map(({ timeMs }) => timeMs);
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.telemetry.shutdown({ timeoutMs: 50 });
    this.collector.kill();
  }
}

/** A client and a gRPC server. */
export async function openScene(
  options: Partial<TelemetryOptions> = {},
  collector = new MisbehavingCollector(),
): Promise<Scene<MisbehavingCollector>> {
  return new Scene(await collector.start(), options, 5_000);
}

/** A client and a server of bare HTTP/2. */
export async function openRawScene(options: Partial<TelemetryOptions> = {}): Promise<Scene<RawCollector>> {
  return new Scene(await new RawCollector().start(), options, 5_000);
}

/** 1 to `count`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
