import { DropReason } from '@telemetry/gen/constants';
import type { BanList } from './ban-list.ts';
import { checkEvent } from './check-event.ts';
import type { Delivery } from './delivery.ts';
import { type DropLedger, toRuns } from './drop-ledger.ts';
import { bannedBy, optedOut } from './drop-problems.ts';
import { describe } from './errors.ts';
import type { TelemetryEvent } from './event.ts';
import { type EventGate, EventRefusal } from './event-gate.ts';
import { isAcceptedTime, toUnixUs } from './event-time.ts';
import { batchBytesTarget, batchEventsTarget, batchRangesTarget, undeclaredRangesMax } from './limits.ts';
import { type EncodedEvents, OpenBatch } from './open-batch.ts';
import { readBatchParts } from './wire/split-batch.ts';

/** Whom an intake tells. */
export interface EventIntakeListener {
  /** There is something that the next batch should carry. Called often: for every event. */
  onWaiting(): void;
  onDropped(firstSeq: number, lastSeq: number, reason: DropReason, problem: string): void;
}

/** What an intake begins with, and what it may hold together with the delivery behind it. */
export interface EventIntakeOptions {
  readonly producerId: Uint8Array;
  /** The encoded `Core` of the first batch. */
  readonly coreBytes: Uint8Array;
  /** Asked for each event. */
  readonly gate: EventGate;
  readonly queueEventsMax: number;
  readonly queueBytesMax: number;
  readonly nowUnixUs: () => number;
}

/**
 * Where events come in: gives each its number, and puts it into the open batch or into the ledger of dropped ones. When there is no room
 * the new event is dropped, not an old one: an old one may have been sent already, and a number must not be both stored and declared
 * dropped; and a burst that fills the queue makes a single run of dropped numbers, however long it lasts.
 */
export class EventIntake {
  readonly #open: OpenBatch;
  readonly #delivery: Delivery;
  readonly #ledger: DropLedger;
  readonly #listener: EventIntakeListener;
  readonly #options: EventIntakeOptions;
  #highestSeq = 0;

  constructor(delivery: Delivery, ledger: DropLedger, listener: EventIntakeListener, options: EventIntakeOptions) {
    this.#open = new OpenBatch(options.producerId, options.coreBytes);
    this.#delivery = delivery;
    this.#ledger = ledger;
    this.#listener = listener;
    this.#options = options;
  }

  get highestSeq(): number {
    return this.#highestSeq;
  }

  /** Events in the open batch. */
  get openEvents(): number {
    return this.#open.count;
  }

  /** Bytes of the open batch. */
  get openBytes(): number {
    return this.#open.sizeBytes;
  }

  /** Takes an event, made and completed here. Never throws, whatever the event is or its getters do. */
  take<Candidate>(make: () => Candidate, complete: (event: Candidate) => TelemetryEvent): void {
    const seq = ++this.#highestSeq;
    let refusal: EventRefusal | undefined;
    try {
      refusal = this.#isFull() ? queueFull : this.#add(seq, complete(make()));
    } catch (error) {
      refusal = invalid(describe(error));
    }
    if (refusal !== undefined) {
      const { reason, problem, blacklistVersion } = refusal;
      this.#ledger.add(seq, seq, reason, blacklistVersion);
      this.#listener.onDropped(seq, seq, reason, problem);
    }
    this.#listener.onWaiting();
  }

  /** From the next event on another core: what was logged before keeps its own. */
  setCore(coreBytes: Uint8Array): void {
    if (this.#open.count > 0) {
      this.close();
    }
    this.#open.setCore(coreBytes);
  }

  /**
   * Closes the open batch. Declarations that do not fit into it go into batches before it: a process that dies in between must not leave a
   * number that is neither stored nor declared below one that is.
   */
  close(): void {
    const events = this.#open.take();
    const { coreBytes } = events;
    const none: EncodedEvents = { coreBytes, bytes: new Uint8Array(0), count: 0, firstSeq: 0, lastSeq: 0 };
    while (this.#ledger.waitingRanges > batchRangesTarget) {
      this.#delivery.append(none);
    }
    this.#delivery.append(events);
  }

  /** Takes out of the open batch what a list bans. What is logged from now on is the gate's. */
  setBanList(list: BanList): void {
    for (const { firstSeq, lastSeq, reason } of this.#open.cutBanned(list)?.dropped ?? []) {
      this.#ledger.add(firstSeq, lastSeq, reason, list.version);
      this.#listener.onDropped(firstSeq, lastSeq, reason, bannedBy(list));
    }
  }

  /** Gives up the open batch, for the consent was withdrawn. Returns how many events that were. */
  wipe(): number {
    const { bytes, count } = this.#open.take();
    if (count > 0) {
      for (const { firstSeq, lastSeq } of toRuns(readBatchParts(bytes).events.map(({ seq }) => seq))) {
        this.#ledger.add(firstSeq, lastSeq, DropReason.OPTED_OUT);
        this.#listener.onDropped(firstSeq, lastSeq, DropReason.OPTED_OUT, optedOut);
      }
    }
    return count;
  }

  /** Adds an event to the open batch; says why when it cannot. */
  #add(seq: number, logged: TelemetryEvent): EventRefusal | undefined {
    const event = this.#options.gate.admit(logged);
    if (event instanceof EventRefusal) {
      return event;
    }
    const problem = checkEvent(event);
    if (problem !== undefined) {
      return invalid(problem);
    }
    const nowUnixUs = this.#options.nowUnixUs();
    let timeUnixUs = nowUnixUs;
    if (event.time !== undefined) {
      timeUnixUs = toUnixUs(event.time);
      if (!isAcceptedTime(timeUnixUs, nowUnixUs)) {
        const late = `time: ${String(event.time)} is none that a collector accepts`;
        return new EventRefusal(DropReason.TIME_OUT_OF_RANGE, late);
      }
    }
    if (!this.#open.add(seq, timeUnixUs, event)) {
      return new EventRefusal(DropReason.OVERSIZE, 'larger than a batch may be, even alone');
    }
    if (this.#open.count >= batchEventsTarget || this.#open.sizeBytes >= batchBytesTarget) {
      this.close();
    }
    return undefined;
  }

  #isFull(): boolean {
    const { queueEventsMax, queueBytesMax } = this.#options;
    return (
      this.#open.count + this.#delivery.queuedEvents >= queueEventsMax ||
      this.#open.sizeBytes + this.#delivery.heldBytes >= queueBytesMax ||
      this.#ledger.waitingRanges >= undeclaredRangesMax
    );
  }
}

const queueFull = new EventRefusal(DropReason.QUEUE_FULL, 'the queue is full');

function invalid(problem: string): EventRefusal {
  return new EventRefusal(DropReason.INVALID, problem);
}
