import { type DropReason, Outcome } from '@telemetry/gen';
import type { FlushResult, Telemetry, TelemetryLedger, TelemetryNotices, TelemetryStats } from './api.ts';
import { BatchLog, type LoggedBatch } from './batch-log.ts';
import type { Channel } from './channel.ts';
import { CollectorDrops } from './collector-drops.ts';
import { DropLedger } from './drop-ledger.ts';
import { DropNotices } from './drop-notices.ts';
import type { ChannelError } from './errors.ts';
import { eventHelpers } from './event-helpers.ts';
import { EventIntake } from './event-intake.ts';
import { flushIntervalJitter, flushTimeoutMsDefault, streamLingerMsDefault } from './limits.ts';
import { Listeners } from './listeners.ts';
import type { Platform, PlatformTimer } from './platform.ts';
import { type ResolvedOptions, toHex } from './resolve-options.ts';
import { defaultGzip } from './seal-batch.ts';
import { Uploader } from './uploader.ts';
import { ByteWriter } from './wire/byte-writer.ts';
import type { Ack } from './wire/decode-acks.ts';
import { encodeCore } from './wire/encode-core.ts';

/** The parts of a client, wired in one place. Runs wherever JavaScript does; what belongs to a platform comes in by the options. */
export function telemetryClient(options: ResolvedOptions, channel: Channel): Telemetry {
  const client = new TelemetryClient(options, channel);
  const { platform, sessionStartUnixUs } = options;
  const sessionMs = (): number | undefined =>
    sessionStartUnixUs === 0 ? undefined : Math.max(0, (platform.nowUnixUs() - sessionStartUnixUs) / 1000);
  return {
    log: (event) => client.log(() => event),
    ...eventHelpers((make) => client.log(make), sessionMs),
    flush: (flushOptions) => client.flush(flushOptions?.timeoutMs ?? flushTimeoutMsDefault),
    shutdown: (flushOptions) => client.shutdown(flushOptions?.timeoutMs ?? flushTimeoutMsDefault),
    stats: () => client.stats(),
    on: (name, handler) => client.listeners.on(name, handler),
  };
}

class TelemetryClient {
  readonly listeners = new Listeners<TelemetryNotices>();
  readonly #platform: Platform;
  readonly #flushIntervalMs: number;
  readonly #producerId: Uint8Array;
  readonly #ledger = new DropLedger();
  readonly #collectorDrops = new CollectorDrops();
  readonly #notices: DropNotices;
  readonly #log: BatchLog;
  readonly #intake: EventIntake;
  readonly #uploader: Uploader<LoggedBatch>;
  #flushTimer: PlatformTimer | undefined;
  #flushedBefore = false;
  #shutdown: Promise<FlushResult> | undefined;
  #acknowledged = 0;
  #acknowledgedBatches = 0;
  #duplicateBatches = 0;
  #connectionErrors = 0;
  #ignoredAfterShutdown = 0;
  #blacklistVersion = 0;

  constructor(options: ResolvedOptions, channel: Channel) {
    this.#platform = options.platform;
    this.#flushIntervalMs = options.flushIntervalMs;
    this.#producerId = options.platform.randomBytes(16);
    this.#notices = new DropNotices(options.platform, (notice) => this.listeners.emit('drop', notice));
    const writer = new ByteWriter();
    encodeCore(writer, options.core);
    const identity = { producerId: this.#producerId, coreBytes: writer.copy() };
    const logListener = {
      onReady: () => this.#uploader.wake(),
      onTaken: (batch: LoggedBatch, ack: Ack, attempts: number) => this.#onTaken(batch, ack, attempts),
      onDropped: this.#notices.add.bind(this.#notices),
      onWaitingDeclarations: () => this.#flushLater(),
      onError: (error: ChannelError) => this.#onError(error),
    };
    this.#log = new BatchLog(identity, this.#ledger, logListener, this.#platform, defaultGzip);
    const intakeListener = {
      onWaiting: () => this.#flushLater(),
      onDropped: (seq: number, reason: DropReason, problem: string) => this.#notices.add(seq, seq, reason, problem),
    };
    this.#intake = new EventIntake(this.#log, this.#ledger, intakeListener, {
      ...options,
      nowUnixUs: options.platform.nowUnixUs,
    });
    this.#uploader = new Uploader(channel, this.#log, { ...options, lingerMs: streamLingerMsDefault }, this.#platform);
  }

  log(make: Parameters<EventIntake['take']>[0]): void {
    if (this.#shutdown === undefined) {
      this.#intake.take(make);
    } else {
      this.#ignoredAfterShutdown += 1;
    }
  }

  async flush(timeoutMs: number): Promise<FlushResult> {
    this.#closeBatch();
    const { lastOrdinal } = this.#log;
    this.#uploader.hurry();
    const complete = await this.#log.settledUpTo(lastOrdinal, timeoutMs);
    return { complete, ...this.#ledgerNow() };
  }

  shutdown(timeoutMs: number): Promise<FlushResult> {
    this.#shutdown ??= this.#shutDown(timeoutMs);
    return this.#shutdown;
  }

  stats(): TelemetryStats {
    return {
      ...this.#ledgerNow(),
      producerId: toHex(this.#producerId),
      queueBytes: this.#intake.openBytes + this.#log.heldBytes,
      acknowledgedBatches: this.#acknowledgedBatches,
      duplicateBatches: this.#duplicateBatches,
      connected: this.#uploader.connected,
      connectionErrors: this.#connectionErrors,
      handlerErrors: this.listeners.errors,
      ignoredAfterShutdown: this.#ignoredAfterShutdown,
      blacklistVersion: this.#blacklistVersion,
    };
  }

  async #shutDown(timeoutMs: number): Promise<FlushResult> {
    const deadlineMs = this.#platform.monotonicMs() + timeoutMs;
    let result = await this.flush(timeoutMs);
    const leftMs = deadlineMs - this.#platform.monotonicMs();
    if (result.complete && this.#ledger.waitingRanges > 0 && leftMs > 0) {
      // What was refused during the flush is declared by a batch after it.
      result = await this.flush(leftMs);
    }
    this.#flushTimer?.cancel();
    this.#uploader.close();
    // The timer of these would not keep the process alive for them.
    this.#notices.flush();
    return result;
  }

  /** Once after the first event that waits, with jitter: the whole interval for the first batch of a run, a fifth after it. */
  #flushLater(): void {
    if (this.#flushTimer !== undefined || this.#intake.openEvents + this.#ledger.waitingRanges === 0) {
      return;
    }
    const random = this.#platform.random();
    const factor = this.#flushedBefore ? 1 + flushIntervalJitter * (2 * random - 1) : random;
    this.#flushedBefore = true;
    this.#flushTimer = this.#platform.setTimer(() => this.#closeBatch(), this.#flushIntervalMs * factor);
  }

  #closeBatch(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    this.#intake.close();
  }

  #onTaken(batch: LoggedBatch, ack: Ack, attempts: number): void {
    const droppedEvents = Math.min(ack.droppedEventCount, batch.eventCount);
    const events = batch.eventCount - droppedEvents;
    const duplicate = ack.outcome === Outcome.DUPLICATE;
    this.#acknowledged += events;
    this.#acknowledgedBatches += 1;
    this.#duplicateBatches += duplicate ? 1 : 0;
    this.#collectorDrops.add(ack, droppedEvents);
    this.#blacklistVersion = ack.blacklistVersion;
    const { firstSeq, lastSeq } = batch;
    this.listeners.emit('ack', { events, droppedEvents, firstSeq, lastSeq, attempts, duplicate });
  }

  #onError(error: ChannelError): void {
    this.#connectionErrors += 1;
    this.listeners.emit('error', error);
  }

  #ledgerNow(): TelemetryLedger {
    return {
      highestSeq: this.#intake.highestSeq,
      acknowledged: this.#acknowledged,
      dropped: this.#ledger.total + this.#collectorDrops.total,
      droppedByReason: this.#collectorDrops.withClients(this.#ledger.counts),
      undeclared: this.#ledger.undeclared,
      pending: this.#intake.openEvents + this.#log.heldEvents,
    };
  }
}
