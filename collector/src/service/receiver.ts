import { ErrorReason, Outcome } from '@telemetry/gen';
import { anyCaller, type Caller } from '../access/caller.ts';
import type { Admission, AdmittedBatch } from '../admission/admit-batch.ts';
import { contentDigest } from '../admission/content-digest.ts';
import { Refusal } from '../admission/refusal.ts';
import { DROPPED_EVENTS_PENDING_MAX } from '../limits.ts';
import type { CollectorMeters } from '../metrics/collector-meters.ts';
import type { SeenEntry } from '../seen/seen-log.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import type { CollectorFields } from '../spool/collector-fields.ts';
import { type RecordContent, sequenceSizeBytes } from '../spool/record-codec.ts';
import type { SpoolPair } from '../spool/spool-pair.ts';
import { type AckFacts, accepted, duplicate, refused } from './ack.ts';
import type { IngestShare } from './ingest-share.ts';
import type { LedgerRecall } from './ledger-recall.ts';
import type { PauseWatch } from './pause-watch.ts';
import type { RetryDelay } from './retry-delay.ts';

/** What the receiver works with. */
export interface ReceiverParts {
  readonly admission: Admission;
  readonly seen: SeenSet;
  readonly spool: SpoolPair;
  readonly recall: LedgerRecall;
  readonly pauses: PauseWatch;
  readonly collectorFields: CollectorFields;
  readonly retryDelay: RetryDelay;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Largest size of a record's encoded numbers. */
  readonly sequenceSizeBytesMax: number;
  readonly meters: CollectorMeters;
  /** Keeps one sender from taking all there is. */
  readonly share: IngestShare;
}

/** Counts since start; what is counted once a batch. */
export interface ReceiverCounts {
  accepted: number;
  acceptedEvents: number;
  duplicates: number;
  rejected: number;
  deferred: number;
}

/**
 * Takes batches one by one: admission, duplicates, spool. The acknowledgement is called back when it is true, never before.
 *
 * All decisions about one batch are made in one turn of the event loop, so two copies of a batch that arrive together cannot both be
 * new.
 */
export class Receiver {
  readonly counts: ReceiverCounts = { accepted: 0, acceptedEvents: 0, duplicates: 0, rejected: 0, deferred: 0 };
  readonly #parts: ReceiverParts;
  readonly #stop = new AbortController();
  #pending = 0;
  /** Dropped events of these, each of which the acknowledgement may name. */
  #pendingDropped = 0;
  /** Open `PublishStream` calls; counted by these. */
  streamsOpen = 0;
  /** Bytes of acknowledgements that the clients of these have not read; counted by these, too. */
  acksHeldSizeBytes = 0;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** Batches that wait for their acknowledgement. */
  get pending(): number {
    return this.#pending;
  }

  /** Aborted when batches are no longer taken. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** From now on every batch is deferred. */
  stopTaking(): void {
    this.#stop.abort();
  }

  /** What is said to those who come too late. */
  shuttingDown(): Refusal {
    const message = 'The collector is stopping. Connect anew, at best to another one.';
    return Refusal.retryable(ErrorReason.SHUTTING_DOWN, message, this.#parts.retryDelay.next(0));
  }

  /**
   * Takes one serialized `PublishRequest` and calls `acknowledge` once. Returns a promise only when the caller must wait before the
   * next batch, because the disk is behind.
   */
  submit(
    request: Uint8Array,
    acknowledge: (ack: AckFacts) => void,
    caller: Caller = anyCaller,
  ): Promise<void> | undefined {
    const { ledger, ackSeconds } = this.#parts.meters;
    const startedMs = performance.now();
    let account = ledger.accountOf(undefined, false);
    let events = 0;
    let dropped = 0;
    this.#pending++;
    const done = (ack: AckFacts) => {
      this.#pending--;
      this.#pendingDropped -= dropped;
      this.#count(ack);
      ledger.settle(account, events, ack);
      ackSeconds.observe((performance.now() - startedMs) / 1000);
      acknowledge(ack);
    };
    try {
      const batch = this.#admit(request, caller, (productName, eventCount, isWhole) => {
        account = ledger.accountOf(productName, isWhole);
        account.received += eventCount;
        events = eventCount;
      });
      dropped = batch.droppedEvents.length;
      this.#pendingDropped += dropped;
      const holder = this.#parts.share.claim(caller, account.name);
      const content = this.#contentOf(batch, startedMs, holder);
      if (this.#parts.spool.hasRoomFor(content)) {
        this.#take(batch, content, done);
        return this.#pendingDropped < DROPPED_EVENTS_PENDING_MAX ? undefined : this.#afterPending();
      }
      // The fields are a view that the next batch overwrites.
      const kept = {
        ...content,
        collectorFields: Uint8Array.from(content.collectorFields),
        productName: Uint8Array.from(batch.productName),
      };
      const leave = this.#parts.share.wait(holder, content.bytes.length);
      return this.#takeWhenRoom(batch, kept, done).finally(leave);
    } catch (error) {
      done(refused(this.#toRefusal(error)));
      return undefined;
    }
  }

  /** Admits a batch; `received` is told what was read of it, also when it is refused. */
  #admit(request: Uint8Array, caller: Caller, received: Received): AdmittedBatch {
    const { admission, spool, retryDelay, clock } = this.#parts;
    if (this.#stop.signal.aborted) throw this.shuttingDown();
    if (spool.isFull) {
      const message = 'The spool is full: the warehouse is behind. Keep the batch and send it again later.';
      throw Refusal.retryable(ErrorReason.OVERLOADED, message, retryDelay.next(1));
    }
    // Those who can wait do so at half of it.
    if (this.#pendingDropped >= 2 * DROPPED_EVENTS_PENDING_MAX) {
      const message = 'Too many broken events wait for the disk. Keep the batch and send it again later.';
      throw Refusal.retryable(ErrorReason.OVERLOADED, message, retryDelay.next(1));
    }
    let batch: AdmittedBatch;
    try {
      batch = admission.admit(request, clock() * 1000);
      caller.checkProduct(batch.productName);
    } catch (error) {
      received(admission.walkedProductName, admission.walkedEventCount, false);
      throw error;
    }
    received(batch.productName, batch.eventCount, true);
    return batch;
  }

  /** Resolves when all that was taken is on disk, or has failed. */
  #afterPending(): Promise<void> {
    return new Promise((resolve) => this.#parts.spool.afterPending(() => resolve()));
  }

  async #takeWhenRoom(batch: AdmittedBatch, content: BatchContent, done: (ack: AckFacts) => void): Promise<void> {
    while (!this.#parts.spool.hasRoomFor(content)) await this.#parts.spool.nextRoom(content);
    try {
      this.#take(batch, content, done);
    } catch (error) {
      done(refused(this.#toRefusal(error)));
    }
  }

  #take(batch: AdmittedBatch, content: BatchContent, done: (ack: AckFacts) => void): void {
    const { seen, spool } = this.#parts;
    const verdict = seen.judge(content);
    if (verdict === 'conflict') throw sequenceConflict(batch);
    if (verdict === 'forgotten') {
      void this.#recall(sequenceConflict(batch), content, done);
      return;
    }
    if (verdict === 'same') {
      // The first copy may still be on its way to the disk, and only then is a duplicate safe.
      spool.afterPending((error) => done(error === undefined ? duplicate() : refused(this.#storageRefusal(error))));
      return;
    }
    seen.reserve(content);
    // Made now, so that what waits for the disk does not keep the decompressed batch in memory.
    const ack = accepted(batch);
    const { producerId, sequence, digest } = content;
    const entry = { producerId, sequence, digest };
    spool.append(content, (error) => {
      if (error === undefined) {
        seen.settle(entry);
        done(ack);
      } else {
        seen.release(entry);
        done(refused(this.#storageRefusal(error)));
      }
    });
  }

  /** Of a batch whose numbers were taken, longer ago than contents are remembered. */
  async #recall(conflict: Refusal, { producerId, sequence, digest }: SeenEntry, done: (ack: AckFacts) => void) {
    try {
      const wasTaken = await this.#parts.recall.wasTaken({ producerId, sequence, digest });
      done(wasTaken ? duplicate() : refused(conflict));
    } catch (error) {
      done(refused(this.#toRefusal(error)));
    }
  }

  #contentOf(batch: AdmittedBatch, nowMs: number, holder: string): BatchContent {
    const { collectorFields, clock, sequenceSizeBytesMax, pauses } = this.#parts;
    if (sequenceSizeBytes(batch.sequence) > sequenceSizeBytesMax) throw tooManyHoles(batch);
    // Of what was sent: what is stripped from it depends on the clock, and the same batch must have the same digest everywhere.
    const digest = Uint8Array.from(contentDigest(batch.sentBytes));
    return {
      // A copy, since the batch's own is a view of a network buffer that the callbacks would keep alive.
      producerId: Uint8Array.from(batch.producerId),
      sequence: batch.sequence,
      digest,
      eventCount: batch.eventCount - batch.droppedEvents.length,
      isResent: batch.attempt > 1 || pauses.isSuspect(nowMs),
      readMs: nowMs,
      productName: batch.productName,
      holder,
      bytes: batch.bytes,
      encoding: batch.encoding,
      plainSizeBytes: batch.plainSizeBytes,
      collectorFields: collectorFields.encode(clock() * 1000, digest),
    };
  }

  #storageRefusal(error: Error): Refusal {
    const message = `The collector could not write to its disk (${error.message}). Keep the batch and send it again.`;
    return Refusal.retryable(ErrorReason.STORAGE_UNAVAILABLE, message, this.#parts.retryDelay.next(1));
  }

  #toRefusal(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    // A fault of ours: the text may hold anything, so it stays here.
    return Refusal.retryable(ErrorReason.INTERNAL, 'A fault of the collector.', this.#parts.retryDelay.next(1));
  }

  #count(ack: AckFacts): void {
    const { counts } = this;
    if (ack.outcome === Outcome.ACCEPTED) {
      counts.accepted++;
      counts.acceptedEvents += ack.acceptedEvents;
    } else if (ack.outcome === Outcome.DUPLICATE) counts.duplicates++;
    else if (ack.outcome === Outcome.REJECTED) counts.rejected++;
    else counts.deferred++;
  }
}

/** What goes to the spool, and to the seen-set. */
type BatchContent = RecordContent & SeenEntry;

/** Told of a batch: its product, if that was read, its events, and whether all of it was read and is right. */
type Received = (productName: Uint8Array | undefined, eventCount: number, isWhole: boolean) => void;

function sequenceConflict(batch: AdmittedBatch): Refusal {
  const [first, last] = [batch.sequence[0], batch.sequence[batch.sequence.length - 1]];
  const message = `Some of the numbers ${first} to ${last} were taken from this producer before, in a batch with other content. Never give a number twice.`;
  return new Refusal({ reason: ErrorReason.SEQUENCE_CONFLICT, field: 'events', message });
}

function tooManyHoles(batch: AdmittedBatch): Refusal {
  const message = `The batch has ${batch.sequence.length / 2} runs of numbers with holes between them. Declare what was dropped.`;
  return new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: 'events', message });
}
