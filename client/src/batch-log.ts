import { DropReason, ErrorReason } from '@telemetry/gen/constants';
import type { BanList } from './ban-list.ts';
import { cutClosed, cutSealed } from './cut-batch.ts';
import type { DeliveryListener } from './delivery.ts';
import { type DropLedger, toRuns } from './drop-ledger.ts';
import { bannedBy, optedOut } from './drop-problems.ts';
import type { ChannelError } from './errors.ts';
import type { Compression, Gzip } from './gzip.ts';
import { batchRangesTarget } from './limits.ts';
import type { EncodedEvents } from './open-batch.ts';
import type { Platform } from './platform.ts';
import { refusedEvents } from './refused-events.ts';
import { type AccountedBatch, type SealResult, sealHalves, sealPieces, unseal } from './seal-within-limits.ts';
import { type ClosedBatch, SealingQueue } from './sealing-queue.ts';
import { SettledWaiters } from './settled-waiters.ts';
import { takenBatch } from './taken-batch.ts';
import type { Settlement, Upload, UploadOwner } from './upload.ts';
import type { Ack } from './wire/decode-acks.ts';
import type { DroppedRange } from './wire/encode-batch.ts';
import { readBatchParts } from './wire/split-batch.ts';

/** A sealed batch with its place in the log. The halves of a batch share its place. */
export interface LoggedBatch extends AccountedBatch {
  readonly ordinal: number;
}

/** Whom a log tells what happens to its batches. */
export interface BatchLogListener extends DeliveryListener {
  /** There is something to send. */
  onReady(): void;
}

/** Closed batches in their order, from the moment they are closed until a collector has answered for them: in memory. */
export class BatchLog implements UploadOwner<LoggedBatch> {
  readonly #ledger: DropLedger;
  readonly #listener: BatchLogListener;
  readonly #gzip: Gzip;
  readonly #closed: SealingQueue;
  #sealed: Upload<LoggedBatch>[] = [];
  /** Pieces of each place that have no answer yet: the oldest place first. */
  readonly #unsettled = new Map<number, number>();
  readonly #waiters: SettledWaiters;
  #lastOrdinal = 0;
  #heldEvents = 0;
  #heldBytes = 0;

  constructor(
    producerId: Uint8Array,
    ledger: DropLedger,
    listener: BatchLogListener,
    platform: Platform,
    compression: Compression,
  ) {
    this.#ledger = ledger;
    this.#listener = listener;
    this.#gzip = compression.gzip;
    this.#waiters = new SettledWaiters(platform, (ordinal) => this.#isSettled(ordinal));
    this.#closed = new SealingQueue(producerId, compression, platform, {
      onSealed: (closed, result) => this.#keepSealed(closed, result),
      onReady: () => listener.onReady(),
    });
  }

  /** Events in batches that have no answer yet. */
  get heldEvents(): number {
    return this.#heldEvents;
  }

  /** Memory of these batches: as encoded, and as sealed once they are. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Batches that have no answer yet. */
  get heldBatches(): number {
    return this.#unsettled.size;
  }

  /** The place of the newest batch. */
  get lastOrdinal(): number {
    return this.#lastOrdinal;
  }

  /** Closes a batch, with as many waiting declarations as fit. One without either is none. */
  append(events: EncodedEvents): void {
    const dropped = this.#ledger.take(batchRangesTarget);
    if (events.count === 0 && dropped.length === 0) {
      return;
    }
    const ordinal = ++this.#lastOrdinal;
    const { firstSeq, lastSeq, count: eventCount } = events;
    this.#closed.append({ ordinal, events, facts: { firstSeq, lastSeq, eventCount, dropped } });
    this.#unsettled.set(ordinal, 1);
    this.#heldEvents += eventCount;
    this.#heldBytes += events.bytes.length;
  }

  /** Resolves true when every batch up to this place has its answer, false when the time is over. */
  settledUpTo(ordinal: number, timeoutMs: number): Promise<boolean> {
    return this.#waiters.wait(ordinal, timeoutMs);
  }

  /**
   * Takes out what a list bans of all that was never sent.
   *
   * @param unsent what the uploader has given back; it comes first again.
   */
  setBanList(list: BanList, unsent: readonly Upload<LoggedBatch>[]): void {
    this.#closed.replace((closed) => this.#cutClosed(closed, list));
    this.#sealed = [...unsent, ...this.#sealed].flatMap((upload) => this.#cutSealed(upload, list));
  }

  /**
   * Gives up everything, for the consent was withdrawn.
   *
   * @param uploads what the uploader has given up.
   * @returns how many events that were.
   */
  wipe(uploads: readonly Upload<LoggedBatch>[]): number {
    const wipedEvents = this.#heldEvents;
    const closed = this.#closed.takeAll();
    const sealed = [...this.#sealed.splice(0), ...uploads];
    this.#heldEvents = 0;
    this.#heldBytes = 0;
    for (const { events, facts, ordinal } of closed) {
      this.#drop(numbersIn(events.bytes), DropReason.OPTED_OUT, optedOut);
      this.#ledger.giveBack(facts.dropped);
      this.#settle(ordinal);
    }
    for (const { batch } of sealed) {
      const numbers = unseal(batch).events.map(({ seq }) => seq);
      this.#drop(numbers, DropReason.OPTED_OUT, optedOut);
      this.#ledger.giveBack(batch.dropped);
      this.#settle(batch.ordinal);
    }
    return wipedEvents;
  }

  next(): Upload<LoggedBatch> | undefined {
    return this.#sealed.shift();
  }

  onSettled(upload: Upload<LoggedBatch>, settlement: Settlement, ack: Ack): void {
    const { batch } = upload;
    this.#heldEvents -= batch.eventCount;
    this.#heldBytes -= batch.bytes.length;
    if (settlement === 'taken') {
      this.#ledger.declared(batch.dropped);
      for (const { firstSeq, lastSeq, reason, problem } of refusedEvents(batch, ack)) {
        this.#listener.onDropped(firstSeq, lastSeq, reason, problem);
      }
    } else if (settlement === 'tooLarge' && !upload.uncertain) {
      this.#keep(sealHalves(unseal(batch), this.#gzip), batch.ordinal, upload.attempts);
    } else {
      this.#reject(batch, ack);
    }
    this.#settle(batch.ordinal);
    if (settlement === 'taken') {
      this.#listener.onTaken(takenBatch(batch, ack, upload.attempts));
    }
  }

  onError(error: ChannelError): void {
    this.#listener.onError(error);
  }

  /** Seals now what is closed, and cuts what was never sent into pieces of at most so many bytes, where one event is not larger. */
  sealAll(sizeBytesMax: number): void {
    this.#closed.sealAll();
    const waiting = this.#sealed;
    this.#sealed = [];
    for (const upload of waiting) {
      const { batch } = upload;
      if (upload.attempts > 0 || batch.bytes.length <= sizeBytesMax) {
        this.#sealed.push(upload);
        continue;
      }
      this.#heldEvents -= batch.eventCount;
      this.#heldBytes -= batch.bytes.length;
      this.#keep(sealPieces(batch, sizeBytesMax, this.#gzip), batch.ordinal, 0);
      this.#settle(batch.ordinal);
    }
    this.#listener.onReady();
  }

  #cutClosed(closed: ClosedBatch, list: BanList): ClosedBatch {
    const cut = cutClosed(closed, list);
    if (cut === undefined) {
      return closed;
    }
    this.#noteBanned(cut.banned, list);
    this.#heldEvents += cut.events.count - closed.events.count;
    this.#heldBytes += cut.events.bytes.length - closed.events.bytes.length;
    return { ordinal: closed.ordinal, events: cut.events, facts: cut.facts };
  }

  /** One that was sent before stays as it is: some collector may have it. */
  #cutSealed(upload: Upload<LoggedBatch>, list: BanList): Upload<LoggedBatch>[] {
    const { batch, attempts } = upload;
    const cut = attempts > 0 ? undefined : cutSealed(batch, list, this.#gzip);
    if (cut === undefined) {
      return [upload];
    }
    this.#noteBanned(cut.banned, list);
    this.#heldEvents -= batch.eventCount;
    this.#heldBytes -= batch.bytes.length;
    const uploads = this.#takeIn(cut.sealed, batch.ordinal, 0);
    this.#settle(batch.ordinal);
    return uploads;
  }

  #noteBanned(banned: readonly DroppedRange[], list: BanList): void {
    for (const { firstSeq, lastSeq, reason } of banned) {
      this.#ledger.addDeclared(firstSeq, lastSeq, reason);
      this.#listener.onDropped(firstSeq, lastSeq, reason, bannedBy(list));
    }
  }

  #keepSealed({ ordinal, events, facts }: ClosedBatch, result: SealResult): void {
    this.#heldEvents -= facts.eventCount;
    this.#heldBytes -= events.bytes.length;
    this.#keep(result, ordinal, 0);
    this.#settle(ordinal);
  }

  /** Puts what sealing made of a batch at the end. */
  #keep(result: SealResult, ordinal: number, attempts: number): void {
    this.#sealed.push(...this.#takeIn(result, ordinal, attempts));
  }

  #takeIn(result: SealResult, ordinal: number, attempts: number): Upload<LoggedBatch>[] {
    const uploads = result.batches.map((batch) => {
      this.#heldEvents += batch.eventCount;
      this.#heldBytes += batch.bytes.length;
      this.#unsettled.set(ordinal, (this.#unsettled.get(ordinal) ?? 0) + 1);
      return { batch: { ...batch, ordinal }, attempts, uncertain: false };
    });
    this.#drop(result.oversize, DropReason.OVERSIZE, 'larger than a batch may be, even alone');
    this.#giveBack(result.undeclared);
    return uploads;
  }

  #reject(batch: LoggedBatch, ack: Ack): void {
    const problem = [ack.rejection?.field, ack.rejection?.message].filter((part) => part).join(': ');
    const late = ack.rejection?.reason === ErrorReason.TIME_OUT_OF_RANGE;
    const numbers = unseal(batch).events.map(({ seq }) => seq);
    this.#drop(numbers, late ? DropReason.TIME_OUT_OF_RANGE : DropReason.REJECTED, problem || 'refused');
    this.#giveBack(batch.dropped);
  }

  #giveBack(ranges: readonly DroppedRange[]): void {
    this.#ledger.giveBack(ranges);
    if (this.#ledger.waitingRanges > 0) {
      this.#listener.onWaitingDeclarations();
    }
  }

  #drop(numbers: readonly number[], reason: DropReason, problem: string): void {
    for (const { firstSeq, lastSeq } of toRuns(numbers)) {
      this.#ledger.add(firstSeq, lastSeq, reason);
      this.#listener.onDropped(firstSeq, lastSeq, reason, problem);
    }
  }

  /** One piece of this place has its answer. */
  #settle(ordinal: number): void {
    const left = (this.#unsettled.get(ordinal) ?? 0) - 1;
    if (left > 0) {
      this.#unsettled.set(ordinal, left);
      return;
    }
    this.#unsettled.delete(ordinal);
    this.#waiters.look();
  }

  #isSettled(ordinal: number): boolean {
    const oldest = this.#unsettled.keys().next().value;
    return oldest === undefined || oldest > ordinal;
  }
}

function numbersIn(eventsBytes: Uint8Array): number[] {
  return readBatchParts(eventsBytes).events.map(({ seq }) => seq);
}
