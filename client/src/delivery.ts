import type { DropReason } from '@telemetry/gen/constants';
import type { Consent } from './api.ts';
import type { BanList } from './ban-list.ts';
import type { BlacklistStore } from './blacklist-source.ts';
import type { DropLedger } from './drop-ledger.ts';
import type { ChannelError } from './errors.ts';
import type { EncodedEvents } from './open-batch.ts';
import type { Platform } from './platform.ts';

/** A batch of this client that a collector has taken. */
export interface TakenBatch {
  /** Number of its first event; 0 when it has none. */
  readonly firstSeq: number;
  /** Number of its last event; 0 when it has none. */
  readonly lastSeq: number;
  /** Events in it, those that the collector dropped included. */
  readonly eventCount: number;
  /** Events of it that the collector dropped and accounts for itself, by reason. */
  readonly droppedByReason: ReadonlyMap<DropReason, number>;
  /** How often it was sent. */
  readonly attempts: number;
  /** Whether a collector had it before. */
  readonly duplicate: boolean;
  /** Version of the blacklist that the collector named; 0: none. */
  readonly blacklistVersion: number;
}

/** Whom a delivery tells what happens to the batches. None of it may throw. */
export interface DeliveryListener {
  /** A collector has taken a batch, or what was left of it. */
  onTaken(batch: TakenBatch): void;
  /** Numbers were dropped, by the client or by the collector. For the handlers; the ledger has them already. */
  onDropped(firstSeq: number, lastSeq: number, reason: DropReason, problem: string): void;
  /** The ledger has declarations that wait for a batch to go with. */
  onWaitingDeclarations(): void;
  /** Another process of the application was told of a consent, or this one finds what an earlier one was told. */
  onConsent?(consent: Consent): void;
  /** A connection could not be made, or broke, or the disk failed; the delivery goes on by itself. */
  onError(error: ChannelError): void;
}

/** What became of what was queued or stored. */
export interface WipeResult {
  /** Events of this client given up, those on their way among them. */
  readonly events: number;
  /** What could not be done, for people; undefined: all was done. */
  readonly problem: string | undefined;
}

/** What a delivery gets from the client. */
export interface DeliveryContext {
  readonly producerId: Uint8Array;
  readonly ledger: DropLedger;
  readonly listener: DeliveryListener;
  readonly platform: Platform;
  /** Closes the open batch: for when the process exits. */
  closeBatch(): void;
}

/** Makes a delivery for a client. Does not throw. */
export type DeliveryFactory = (context: DeliveryContext) => Delivery;

/**
 * What stands behind the intake: takes closed batches, keeps them until every channel has answered for them, and brings them there. Each
 * batch has a place in the log, an ordinal from 1 on.
 */
export interface Delivery {
  /** Events that were taken and have no answer yet. */
  readonly heldEvents: number;
  /** Of these, the ones in memory. What is on disk alone is bounded by the store. */
  readonly queuedEvents: number;
  /** Memory that these take, in bytes. */
  readonly heldBytes: number;
  /** The place of the newest batch; 0: there was none. */
  readonly lastOrdinal: number;
  /** Whether a connection is open now. */
  readonly connected: boolean;
  /** Keeps the last good blacklist beside the batches. Not there where nothing outlives the process. */
  readonly blacklistStore?: BlacklistStore | undefined;
  /** Takes a closed batch, with as many waiting declarations as fit. One without either is none. */
  append(events: EncodedEvents): void;
  /**
   * Cuts the client's own backoff short.
   *
   * @param isAwaited whether somebody waits; otherwise there may be a network again, as there may be for many others.
   */
  hurry(isAwaited: boolean): void;
  /** Takes out what a list bans of all that is queued or stored and was never sent, now and of what comes from other processes later. */
  setBanList(list: BanList): void;
  /**
   * The consent was withdrawn. Gives up what is queued or stored, breaks off what is on its way, and sends and writes nothing more. The
   * events are in the ledger as opted out. Resolves when nothing of it is left, or with what could not be done; does not reject.
   */
  wipe(): Promise<WipeResult>;
  /** The consent is given again: batches may be kept and sent as before. Resolves when they may; does not reject. */
  resume(): Promise<void>;
  /** Resolves true when every batch up to this place has its answer, false when the time is over. */
  settledUpTo(ordinal: number, timeoutMs: number): Promise<boolean>;
  /**
   * The page may end any moment: does at once, before it returns, what can be done to bring or keep what is held. Goes on if it does not end.
   *
   * @param ends whether it is being left; otherwise it is hidden, and mostly goes on.
   */
  leave(ends: boolean): void;
  /** Ends for good. What has no answer yet gets none from here. Resolves when what can be kept is kept; does not reject. */
  close(): Promise<void>;
}
