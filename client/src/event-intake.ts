import { DropReason } from '@telemetry/gen';
import type { BatchLog } from './batch-log.ts';
import { checkEvent } from './check-event.ts';
import type { DropLedger } from './drop-ledger.ts';
import { toError } from './errors.ts';
import type { TelemetryEvent } from './event.ts';
import { isAcceptedTime, toUnixUs } from './event-time.ts';
import { batchBytesTarget, batchEventsTarget, undeclaredRangesMax } from './limits.ts';
import { OpenBatch } from './open-batch.ts';

/** Whom an intake tells. */
export interface EventIntakeListener {
  /** There is something that the next batch should carry. Called often: for every event. */
  onWaiting(): void;
  onDropped(seq: number, reason: DropReason, problem: string): void;
}

/** What an intake may hold, together with the log behind it. */
export interface EventIntakeOptions {
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
  readonly #open = new OpenBatch();
  readonly #log: BatchLog;
  readonly #ledger: DropLedger;
  readonly #listener: EventIntakeListener;
  readonly #options: EventIntakeOptions;
  #highestSeq = 0;

  constructor(log: BatchLog, ledger: DropLedger, listener: EventIntakeListener, options: EventIntakeOptions) {
    this.#log = log;
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

  /** Takes an event. Never throws, whatever the event is or its getters do. */
  take(make: () => TelemetryEvent): void {
    const seq = ++this.#highestSeq;
    let problem: string | undefined;
    let reason: DropReason = DropReason.INVALID;
    try {
      if (this.#isFull()) {
        reason = DropReason.QUEUE_FULL;
        problem = 'the queue is full';
      } else {
        [reason, problem] = this.#add(seq, make());
      }
    } catch (error) {
      problem = describe(error);
    }
    if (problem !== undefined) {
      this.#ledger.add(seq, seq, reason);
      this.#listener.onDropped(seq, reason, problem);
    }
    this.#listener.onWaiting();
  }

  /** Closes the open batch, and makes further ones for declarations that do not fit into it. */
  close(): void {
    this.#log.append(this.#open.take());
    while (this.#ledger.waitingRanges > 0) {
      this.#log.append(this.#open.take());
    }
  }

  /** Adds an event to the open batch; says why when it cannot. */
  #add(seq: number, event: TelemetryEvent): [DropReason, string | undefined] {
    const problem = checkEvent(event);
    if (problem !== undefined) {
      return [DropReason.INVALID, problem];
    }
    const nowUnixUs = this.#options.nowUnixUs();
    let timeUnixUs = nowUnixUs;
    if (event.time !== undefined) {
      timeUnixUs = toUnixUs(event.time);
      if (!isAcceptedTime(timeUnixUs, nowUnixUs)) {
        return [DropReason.TIME_OUT_OF_RANGE, `time: ${String(event.time)} is none that a collector accepts`];
      }
    }
    if (!this.#open.add(seq, timeUnixUs, event)) {
      return [DropReason.OVERSIZE, 'larger than a batch may be, even alone'];
    }
    if (this.#open.count >= batchEventsTarget || this.#open.sizeBytes >= batchBytesTarget) {
      this.#log.append(this.#open.take());
    }
    return [DropReason.UNSPECIFIED, undefined];
  }

  #isFull(): boolean {
    const { queueEventsMax, queueBytesMax } = this.#options;
    return (
      this.#open.count + this.#log.heldEvents >= queueEventsMax ||
      this.#open.sizeBytes + this.#log.heldBytes >= queueBytesMax ||
      this.#ledger.waitingRanges >= undeclaredRangesMax
    );
  }
}

/** What was thrown, for people; it may be something that cannot even be described. */
function describe(thrown: unknown): string {
  try {
    return toError(thrown).message;
  } catch {
    return 'the event could not be read';
  }
}
