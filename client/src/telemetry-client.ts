import type {
  Consent,
  ConsentResult,
  FlushResult,
  Telemetry,
  TelemetryLedger,
  TelemetryNotices,
  TelemetryStats,
} from './api.ts';
import { applicationGate } from './application-gate.ts';
import type { BlacklistSource } from './blacklist-source.ts';
import { ClientBlacklist } from './client-blacklist.ts';
import { ClientConsent } from './client-consent.ts';
import { CollectorDrops } from './collector-drops.ts';
import type { Core, User } from './core.ts';
import { debugGate, debugNotices } from './debug-view.ts';
import type { Delivery, DeliveryFactory, TakenBatch } from './delivery.ts';
import { DropLedger } from './drop-ledger.ts';
import { DropNotices } from './drop-notices.ts';
import { ChannelError, describe } from './errors.ts';
import type { TelemetryEvent } from './event.ts';
import { EventGuard } from './event-guard.ts';
import { EventIntake } from './event-intake.ts';
import { FlushTimer } from './flush-timer.ts';
import { flushTimeoutMsDefault } from './limits.ts';
import { Listeners } from './listeners.ts';
import type { PageListener, PageWatch } from './page-watch.ts';
import type { Platform } from './platform.ts';
import { type PrivacyGate, privacyGate } from './privacy/privacy-gate.ts';
import { identify } from './privacy/privacy-options.ts';
import { checkUser, type ResolvedOptions } from './resolve-options.ts';
import { telemetryLogger } from './telemetry-logger.ts';
import { toHex } from './to-hex.ts';
import { coreBytesOf } from './wire/encode-core.ts';

/** The parts of a client, wired in one place. Runs wherever JavaScript does; what belongs to a platform comes in by the options. */
export function telemetryClient(
  options: ResolvedOptions,
  makeDelivery: DeliveryFactory,
  blacklist?: BlacklistSource,
  watchPage?: PageWatch,
): Telemetry {
  const client = new TelemetryClient(options, makeDelivery, blacklist);
  client.onClosed = watchPage?.(client);
  const { platform, sessionStartUnixUs } = options;
  const sessionMs = (): number | undefined =>
    sessionStartUnixUs === 0 ? undefined : Math.max(0, (platform.nowUnixUs() - sessionStartUnixUs) / 1000);
  const logger = telemetryLogger({
    catalogue: options.catalogue,
    monotonicMs: () => platform.monotonicMs(),
    sessionMs,
    log: (make, complete) => client.log(make, complete),
    refuse: (call, thrown) => client.refuse(call, thrown),
  });
  return {
    ...logger,
    setUser: (user) => client.setUser(user),
    setConsent: (consent) => client.setConsent(consent),
    flush: (flushOptions) => client.flush(flushOptions?.timeoutMs ?? flushTimeoutMsDefault),
    shutdown: (flushOptions) => client.shutdown(flushOptions?.timeoutMs ?? flushTimeoutMsDefault),
    stats: () => client.stats(),
    on: (name, handler) => client.listeners.on(name, handler),
  };
}

class TelemetryClient implements PageListener {
  readonly listeners = new Listeners<TelemetryNotices>();
  /** Called once, when the client has ended. */
  onClosed: (() => void) | undefined;
  readonly #platform: Platform;
  readonly #flushTimer: FlushTimer;
  readonly #producerId: Uint8Array;
  readonly #ledger = new DropLedger();
  readonly #collectorDrops = new CollectorDrops();
  readonly #notices: DropNotices;
  readonly #delivery: Delivery;
  readonly #intake: EventIntake;
  readonly #options: ResolvedOptions;
  readonly #privacyGate: PrivacyGate;
  readonly #guard: EventGuard;
  readonly #blacklist: ClientBlacklist;
  readonly #consent: ClientConsent;
  #core: Core;
  #toldOfWithheld = false;
  #ignoredWithoutConsent = 0;
  #shutdown: Promise<FlushResult> | undefined;
  #acknowledged = 0;
  #acknowledgedBatches = 0;
  #duplicateBatches = 0;
  #connectionErrors = 0;
  #refusedCalls = 0;
  #ignoredAfterShutdown = 0;
  #blacklistVersion = 0;

  constructor(options: ResolvedOptions, makeDelivery: DeliveryFactory, source: BlacklistSource | undefined) {
    const { platform, privacy } = options;
    this.#platform = platform;
    this.#options = options;
    this.#core = this.#identified(options.core.user);
    this.#privacyGate = privacyGate({
      audience: () => this.#core.audience,
      hash: privacy.hash,
      classOf: privacy.classOf ?? ((event, property) => options.catalogue?.classOf(event, property)),
      onWithheld: () => this.#tellOfWithheld(),
    });
    this.#guard = new EventGuard(this.#privacyGate, this.#core);
    this.#flushTimer = new FlushTimer(platform, options.flushIntervalMs, () => this.#closeBatch());
    this.#producerId = platform.randomBytes(16);
    this.#notices = new DropNotices(platform, (notice) => this.listeners.emit('drop', notice));
    debugNotices(options.debug, this.listeners);
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
        onConsent: (consent) => this.#consent.follow(consent),
        onError: (error) => this.#onError(error),
      },
    });
    const intakeListener = {
      onWaiting: () => this.#flushLater(),
      onDropped: this.#notices.add.bind(this.#notices),
    };
    this.#intake = new EventIntake(this.#delivery, ledger, intakeListener, {
      producerId: this.#producerId,
      coreBytes: coreBytesOf(this.#core),
      gate: debugGate(options.debug, applicationGate(options.beforeLog, this.#guard)),
      queueEventsMax: options.queueEventsMax,
      queueBytesMax: options.queueBytesMax,
      nowUnixUs: platform.nowUnixUs,
    });
    const places = { source, store: this.#delivery.blacklistStore };
    const enforcers = [this.#guard, this.#intake, this.#delivery];
    this.#blacklist = new ClientBlacklist(options, places, enforcers, (notice) =>
      this.listeners.emit('blacklist', notice),
    );
    this.#consent = new ClientConsent(options.consent, this.#delivery, {
      stop: () => this.#stop(),
      goOn: () => this.#goOn(),
    });
    if (this.#consent.isDenied) {
      // What an earlier process has left is given up too.
      void this.#consent.set('denied');
    } else {
      this.#blacklist.start();
    }
  }

  log<Candidate>(make: () => Candidate, complete: (event: Candidate) => TelemetryEvent): void {
    if (this.#shutdown !== undefined) {
      this.#ignoredAfterShutdown += 1;
    } else if (this.#consent.isDenied) {
      this.#ignoredWithoutConsent += 1;
    } else {
      this.#intake.take(make, complete);
    }
  }

  onLeaving(ends: boolean): void {
    this.#closeBatch();
    this.#delivery.leave(ends);
  }

  onOnline(): void {
    this.#delivery.hurry(false);
  }

  setUser(given: User | undefined): void {
    let user: User | undefined;
    try {
      user = given === undefined || given === null ? undefined : checkUser(given);
    } catch (error) {
      this.refuse('setUser', error);
    }
    const core = this.#identified(user);
    if (
      core.user?.id !== this.#core.user?.id ||
      core.user?.hashKeyId !== this.#core.user?.hashKeyId ||
      core.audience !== this.#core.audience
    ) {
      this.#core = core;
      this.#guard.setCore(core);
      this.#intake.setCore(coreBytesOf(core));
    }
  }

  setConsent(consent: Consent): Promise<ConsentResult> {
    if (consent !== 'granted' && consent !== 'denied') {
      const problem = 'neither "granted" nor "denied"';
      this.refuse('setConsent', new TypeError(problem));
      return Promise.resolve({ consent: this.#consent.current, droppedEvents: 0, problem });
    }
    return this.#consent.set(consent);
  }

  /** Counts a call whose values were refused, and tells of it outside of the call. */
  refuse(call: string, thrown: unknown): void {
    this.#refusedCalls += 1;
    this.#tell(`${call}: ${describe(thrown)}`);
  }

  /** Something that a person has to mend, outside of the call in which it was found. */
  #tell(message: string): void {
    this.#platform.setTimer(() => this.listeners.emit('error', new ChannelError(message, { kind: 'permanent' })), 0);
  }

  async flush(timeoutMs: number): Promise<FlushResult> {
    this.#closeBatch();
    const { lastOrdinal } = this.#delivery;
    this.#delivery.hurry(true);
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
      consent: this.#consent.current,
      ignoredWithoutConsent: this.#ignoredWithoutConsent,
      blacklistVersion: this.#blacklistVersion,
      blacklist: this.#blacklist.stats,
      scrubbed: { ...this.#privacyGate.scrubbed },
      withheld: this.#privacyGate.withheld,
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
    this.#flushTimer.cancel();
    this.#blacklist.stop();
    await this.#delivery.close();
    this.onClosed?.();
    // The timer of these would not keep the process alive for them.
    this.#notices.flush();
    return result;
  }

  #flushLater(): void {
    if (this.#intake.openEvents + this.#ledger.waitingRanges > 0 && !this.#consent.isDenied) {
      this.#flushTimer.start();
    }
  }

  #closeBatch(): void {
    this.#flushTimer.cancel();
    // Declarations of what was given up wait in the ledger: they are not sent either.
    if (!this.#consent.isDenied) {
      this.#intake.close();
    }
  }

  #stop(): number {
    this.#flushTimer.cancel();
    this.#blacklist.stop();
    return this.#intake.wipe();
  }

  #goOn(): void {
    if (this.#shutdown === undefined) {
      this.#blacklist.start();
      this.#flushLater();
    }
  }

  /** The core with a user, protected as the audience wants it. */
  #identified(user: User | undefined): Core {
    const { core, hostName, privacy } = this.#options;
    const identity = identify(user, core.audience, hostName, privacy);
    if (identity.problem !== undefined) {
      this.#tell(identity.problem);
    }
    if (identity.isWithheld) {
      this.#tellOfWithheld();
    }
    return { ...core, user: identity.user, audience: identity.audience };
  }

  #tellOfWithheld(): void {
    if (!this.#toldOfWithheld) {
      this.#toldOfWithheld = true;
      this.#tell(
        'privacy.hash: not given, or failing, so what identifies an external user is left out; give keyedHash({ id, key }), or say who is internal',
      );
    }
  }

  #onTaken(batch: TakenBatch): void {
    const { firstSeq, lastSeq, attempts, duplicate } = batch;
    const droppedEvents = this.#collectorDrops.add(batch.droppedByReason);
    const events = batch.eventCount - droppedEvents;
    this.#acknowledged += events;
    this.#acknowledgedBatches += 1;
    this.#duplicateBatches += duplicate ? 1 : 0;
    this.#blacklistVersion = batch.blacklistVersion;
    this.#blacklist.onVersion(batch.blacklistVersion);
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
