import type { DropReason } from '@telemetry/gen/constants';
import type { FlushResult, Telemetry, TelemetryLedger, TelemetryNotices, TelemetryStats } from './api.ts';
import { CollectorDrops } from './collector-drops.ts';
import type { Core, User } from './core.ts';
import type { Delivery, DeliveryFactory, TakenBatch } from './delivery.ts';
import { DropLedger } from './drop-ledger.ts';
import { DropNotices } from './drop-notices.ts';
import { ChannelError, describe } from './errors.ts';
import { openGate } from './event-gate.ts';
import { EventIntake } from './event-intake.ts';
import { flushIntervalJitter, flushTimeoutMsDefault } from './limits.ts';
import { Listeners } from './listeners.ts';
import type { Platform, PlatformTimer } from './platform.ts';
import { checkUser, type ResolvedOptions, toHex } from './resolve-options.ts';
import { telemetryLogger } from './telemetry-logger.ts';
import { ByteWriter } from './wire/byte-writer.ts';
import { encodeCore } from './wire/encode-core.ts';

/** Calls back each time when the page may end, and says whether it is being left or only hidden; returns what ends that. */
export type LeaveWatch = (leave: (ends: boolean) => void) => () => void;

/** The parts of a client, wired in one place. Runs wherever JavaScript does; what belongs to a platform comes in by the options. */
export function telemetryClient(
  options: ResolvedOptions,
  makeDelivery: DeliveryFactory,
  watchLeave?: LeaveWatch,
): Telemetry {
  const client = new TelemetryClient(options, makeDelivery);
  client.onClosed = watchLeave?.((ends) => client.leave(ends));
  const { platform, sessionStartUnixUs } = options;
  const sessionMs = (): number | undefined =>
    sessionStartUnixUs === 0 ? undefined : Math.max(0, (platform.nowUnixUs() - sessionStartUnixUs) / 1000);
  const logger = telemetryLogger({
    catalogue: options.catalogue,
    monotonicMs: () => platform.monotonicMs(),
    sessionMs,
    log: (make) => client.log(make),
    refuse: (call, thrown) => client.refuse(call, thrown),
  });
  return {
    ...logger,
    setUser: (user) => client.setUser(user),
    flush: (flushOptions) => client.flush(flushOptions?.timeoutMs ?? flushTimeoutMsDefault),
    shutdown: (flushOptions) => client.shutdown(flushOptions?.timeoutMs ?? flushTimeoutMsDefault),
    stats: () => client.stats(),
    on: (name, handler) => client.listeners.on(name, handler),
  };
}

class TelemetryClient {
  readonly listeners = new Listeners<TelemetryNotices>();
  /** Called once, when the client has ended. */
  onClosed: (() => void) | undefined;
  readonly #platform: Platform;
  readonly #flushIntervalMs: number;
  readonly #producerId: Uint8Array;
  readonly #ledger = new DropLedger();
  readonly #collectorDrops = new CollectorDrops();
  readonly #notices: DropNotices;
  readonly #delivery: Delivery;
  readonly #intake: EventIntake;
  #core: Core;
  #flushTimer: PlatformTimer | undefined;
  #flushedBefore = false;
  #shutdown: Promise<FlushResult> | undefined;
  #acknowledged = 0;
  #acknowledgedBatches = 0;
  #duplicateBatches = 0;
  #connectionErrors = 0;
  #refusedCalls = 0;
  #ignoredAfterShutdown = 0;
  #blacklistVersion = 0;

  constructor(options: ResolvedOptions, makeDelivery: DeliveryFactory) {
    const { platform } = options;
    this.#platform = platform;
    this.#core = options.core;
    this.#flushIntervalMs = options.flushIntervalMs;
    this.#producerId = platform.randomBytes(16);
    this.#notices = new DropNotices(platform, (notice) => this.listeners.emit('drop', notice));
    const ledger = this.#ledger;
    this.#delivery = makeDelivery({
      producerId: this.#producerId,
      ledger,
      platform,
      closeBatch: () => this.#closeBatch(),
      listener: {
        onTaken: (batch) => this.#onTaken(batch),
        onDropped: this.#notices.add.bind(this.#notices),
        onWaitingDeclarations: () => this.#flushLater(),
        onError: (error) => this.#onError(error),
      },
    });
    const intakeListener = {
      onWaiting: () => this.#flushLater(),
      onDropped: (seq: number, reason: DropReason, problem: string) => this.#notices.add(seq, seq, reason, problem),
    };
    this.#intake = new EventIntake(this.#delivery, ledger, intakeListener, {
      coreBytes: coreBytesOf(options.core),
      gate: openGate,
      queueEventsMax: options.queueEventsMax,
      queueBytesMax: options.queueBytesMax,
      nowUnixUs: platform.nowUnixUs,
    });
  }

  log(make: Parameters<EventIntake['take']>[0]): void {
    if (this.#shutdown === undefined) {
      this.#intake.take(make);
    } else {
      this.#ignoredAfterShutdown += 1;
    }
  }

  leave(ends: boolean): void {
    this.#closeBatch();
    this.#delivery.leave(ends);
  }

  setUser(given: User | undefined): void {
    let user: User | undefined;
    try {
      user = given === undefined || given === null ? undefined : checkUser(given);
    } catch (error) {
      this.refuse('setUser', error);
    }
    if (user?.id !== this.#core.user?.id || user?.hashKeyId !== this.#core.user?.hashKeyId) {
      this.#core = { ...this.#core, user };
      this.#intake.setCore(coreBytesOf(this.#core));
    }
  }

  /** Counts a call whose values were refused, and tells of it outside of the call. */
  refuse(call: string, thrown: unknown): void {
    this.#refusedCalls += 1;
    const message = `${call}: ${describe(thrown)}`;
    this.#platform.setTimer(() => this.listeners.emit('error', new ChannelError(message, { kind: 'permanent' })), 0);
  }

  async flush(timeoutMs: number): Promise<FlushResult> {
    this.#closeBatch();
    const { lastOrdinal } = this.#delivery;
    this.#delivery.hurry();
    const complete = await this.#delivery.settledUpTo(lastOrdinal, timeoutMs);
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
      queueBytes: this.#intake.openBytes + this.#delivery.heldBytes,
      acknowledgedBatches: this.#acknowledgedBatches,
      duplicateBatches: this.#duplicateBatches,
      connected: this.#delivery.connected,
      connectionErrors: this.#connectionErrors,
      handlerErrors: this.listeners.errors,
      refusedCalls: this.#refusedCalls,
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
    await this.#delivery.close();
    this.onClosed?.();
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

  #onTaken(batch: TakenBatch): void {
    const { firstSeq, lastSeq, attempts, duplicate } = batch;
    const droppedEvents = this.#collectorDrops.add(batch.droppedByReason);
    const events = batch.eventCount - droppedEvents;
    this.#acknowledged += events;
    this.#acknowledgedBatches += 1;
    this.#duplicateBatches += duplicate ? 1 : 0;
    this.#blacklistVersion = batch.blacklistVersion;
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
      pending: this.#intake.openEvents + this.#delivery.heldEvents,
    };
  }
}

function coreBytesOf(core: Core): Uint8Array {
  const writer = new ByteWriter();
  encodeCore(writer, core);
  return writer.copy();
}
