import { DropReason, ErrorReason, type Limits } from '@telemetry/gen';
import type { BlacklistMatcher } from '../blacklist/blacklist-matcher.ts';
import { BanCheck } from './ban-check.ts';
import {
  badProducerId,
  badRange,
  badSequence,
  emptyBatch,
  missingCore,
  overlappingRanges,
  PRODUCER_ID_SIZE_BYTES,
  reservedField,
  tooManyEvents,
  tooManyRanges,
} from './batch-refusals.ts';
import { findField } from './find-field.ts';
import { type BatchRules, buildBatchRules, type MessageRules, WIRE_LENGTH_DELIMITED } from './message-rules.ts';
import { MessageWalker } from './message-walker.ts';
import { QuickWalker } from './quick-walker.ts';
import { Refusal, type Violation } from './refusal.ts';
import { appendRange, joinDisjoint, type SequenceRanges } from './sequence-ranges.ts';

const US_PER_HOUR = 3_600_000_000;
const US_PER_DAY = 24 * US_PER_HOUR;
const US_PER_MS = 1_000;

const FIELD_PRODUCER_ID = 1;
const FIELD_CORE = 2;
const FIELD_EVENTS = 3;
const FIELD_DROPPED = 4;
/** `EventBatch.events`: length-delimited. */
const TAG_EVENTS = FIELD_EVENTS * 8 + WIRE_LENGTH_DELIMITED;
/** `Core.product`, `Product.name`. */
const PATH_PRODUCT_NAME = [4, 1];
/** Field numbers of `EventBatch` from here up belong to the collector. */
const FIRST_COLLECTOR_FIELD = 100;

/** An event that is not taken although its batch is. */
export interface DroppedEventFacts {
  readonly index: number;
  readonly seq: number;
  readonly reason: DropReason;
  readonly violation: Violation;
  /** Where the event's field, tag and length included, lies in the batch. */
  readonly startByte: number;
  readonly endByte: number;
}

/** What the collector must know of a batch; all else stays bytes. */
export interface BatchFacts {
  /** 16 bytes, a view of the batch's own. */
  readonly producerId: Uint8Array;
  /** The product's name, UTF-8 and not empty, a view of the batch's own bytes. */
  readonly productName: Uint8Array;
  readonly eventCount: number;
  /** All numbers that the batch settles: those of its events and those it declares as dropped. */
  readonly sequence: SequenceRanges;
  readonly droppedEvents: readonly DroppedEventFacts[];
  /** Version of the blacklist that the batch was held against; 0 when there was none. */
  readonly blacklistVersion: number;
}

/** An event as it lies in the batch. */
interface WalkedEvent {
  readonly index: number;
  readonly seq: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly startByte: number;
  readonly endByte: number;
}

const NO_DROPPED_EVENTS: readonly DroppedEventFacts[] = [];

/** Checks batches against the schema and the limits in one pass over their bytes. */
export class BatchWalk {
  readonly #rules: BatchRules;
  readonly #limits: Limits;
  readonly #walker = new MessageWalker();
  readonly #quick: QuickWalker;
  readonly #corePlace: number;
  readonly #eventPlace: number;
  // Copies: what a message of protobuf-es has by default lies on its prototype, slow to get at a thousand times a batch.
  readonly #seqMax: number;
  readonly #eventsMax: number;
  readonly #propertiesMax: number;

  #producerId: Uint8Array | undefined;
  #hasCore = false;
  #productName: Uint8Array | undefined;
  #eventCount = 0;
  #timeUsMin = 0;
  #timeUsMax = 0;
  #previousSeq = 0;
  #eventRanges: number[] = [];
  #droppedRanges: number[] = [];
  #droppedEvents: DroppedEventFacts[] | undefined;
  readonly #bans = new BanCheck();

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#rules = buildBatchRules(limits);
    const { core, event } = this.#rules;
    this.#quick = new QuickWalker([core, event], limits.batchBytesMax);
    this.#corePlace = this.#quick.placeOf(core);
    this.#eventPlace = this.#quick.placeOf(event);
    this.#seqMax = Number(limits.seqMax);
    this.#eventsMax = limits.batchEventsMax;
    this.#propertiesMax = limits.propertiesMax;
  }

  /** Where a batch may be put, to be walked without a copy: a byte more than the largest has, by which one that is too large shows. */
  get room(): Uint8Array {
    return this.#quick.room;
  }

  /**
   * Walks one serialized `EventBatch`. What it returns are views that are valid until the next call.
   *
   * @param nowUs the collector's clock, microseconds since 1970, from which the accepted window of event times is reckoned
   * @param matcher what is banned; undefined when nothing is
   * @throws Refusal when the batch cannot be taken at all
   */
  walk(batch: Uint8Array, nowUs: number, matcher?: BlacklistMatcher): BatchFacts {
    this.forget();
    this.#bans.begin(matcher, nowUs / US_PER_MS);
    const bytes = this.#quick.take(batch);
    const cursor = this.#walker.cursor;
    cursor.reset(bytes);
    this.#timeUsMin = nowUs - this.#limits.eventAgeDaysMax * US_PER_DAY;
    this.#timeUsMax = nowUs + this.#limits.eventAheadHoursMax * US_PER_HOUR;
    const end = bytes.length;
    while (cursor.position < end) {
      if (bytes[cursor.position] === TAG_EVENTS && this.#usualEvents(end)) continue;
      const startByte = cursor.position;
      const tag = cursor.tag(end);
      const number = tag >>> 3;
      const isOurs = number >= FIELD_PRODUCER_ID && number <= FIELD_DROPPED;
      if (isOurs && (tag & 7) !== WIRE_LENGTH_DELIMITED) {
        throw Refusal.malformed('', `No field of EventBatch has the tag ${tag}, found at byte ${startByte}.`);
      }
      if (number >= FIRST_COLLECTOR_FIELD) throw reservedField(number);
      if (!isOurs) {
        cursor.skipValue(tag & 7, end);
        continue;
      }
      const fieldEnd = cursor.lengthDelimitedEnd(end);
      if (number === FIELD_EVENTS) this.#event(startByte, fieldEnd);
      else if (number === FIELD_CORE) this.#core(fieldEnd);
      else if (number === FIELD_DROPPED) this.#droppedRange(fieldEnd);
      else this.#producer(fieldEnd);
    }
    return this.#finish();
  }

  /** Events read so far of the last batch, refused or not. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Product of the last batch, if the walk got so far. A view. */
  get productName(): Uint8Array | undefined {
    return this.#productName;
  }

  /** Forgets the last batch. */
  forget(): void {
    this.#producerId = undefined;
    this.#hasCore = false;
    this.#productName = undefined;
    this.#eventCount = 0;
    this.#previousSeq = 0;
    this.#eventRanges = [];
    this.#droppedRanges = [];
    this.#droppedEvents = undefined;
  }

  /** Walks events, with the cursor on the first, as long as they are usual: all up to the next other field as a rule. False: not even one is. */
  #usualEvents(end: number): boolean {
    const { cursor } = this.#walker;
    const quick = this.#quick;
    const start = cursor.position;
    // With bans one at a time, since each is held against them.
    const eventsMax = this.#bans.isOn ? 1 : this.#eventsMax - this.#eventCount;
    quick.setBounds(this.#previousSeq, this.#seqMax, this.#timeUsMin, this.#timeUsMax);
    const stop = quick.walkEvents(this.#eventPlace, start, end, this.#propertiesMax, eventsMax);
    if (stop === start) return false;
    cursor.position = stop;
    const index = this.#eventCount;
    this.#eventCount += quick.eventCount;
    this.#previousSeq = quick.lastSeq;
    quick.appendRanges(this.#eventRanges);
    if (this.#bans.isOn) {
      const { thirdTextStart: nameStart, thirdTextEnd: nameEnd, lastSeq: seq } = quick;
      this.#isBanned({ index, seq, nameStart, nameEnd, startByte: start, endByte: stop });
    }
    return true;
  }

  #producer(fieldEnd: number): void {
    const cursor = this.#walker.cursor;
    if (this.#producerId !== undefined) throw Refusal.malformed('producer_id', 'The field occurs more than once.');
    this.#producerId = cursor.bytes.subarray(cursor.position, fieldEnd);
    cursor.position = fieldEnd;
    if (this.#producerId.length !== PRODUCER_ID_SIZE_BYTES) throw badProducerId(this.#producerId.length);
  }

  #core(fieldEnd: number): void {
    if (this.#hasCore) throw Refusal.malformed('core', 'The field occurs more than once.');
    this.#hasCore = true;
    const walker = this.#walker;
    walker.violation = undefined;
    const start = walker.cursor.position;
    if (this.#quick.walk(this.#corePlace, start, fieldEnd, Number.POSITIVE_INFINITY)) walker.cursor.position = fieldEnd;
    else this.#walkField('core', undefined, this.#rules.core, fieldEnd, Number.POSITIVE_INFINITY);
    if (walker.violation !== undefined) {
      const { reason, field, message } = walker.violation as Violation;
      throw new Refusal({ reason, field: `core.${field}`, message: `core.${field}: ${message}` });
    }
    if (this.#bans.isOn) this.#bans.noteCore(walker.cursor.bytes, start, fieldEnd);
    this.#productName = findField(walker.cursor.bytes, start, fieldEnd, PATH_PRODUCT_NAME);
  }

  #event(startByte: number, fieldEnd: number): void {
    const walker = this.#walker;
    const index = this.#eventCount++;
    if (index >= this.#eventsMax) {
      throw tooManyEvents(this.#eventsMax);
    }
    walker.violation = undefined;
    this.#walkField('events', index, this.#rules.event, fieldEnd, this.#propertiesMax);
    const { firstVarint: seq, thirdTextStart: nameStart, thirdTextEnd: nameEnd } = walker;
    if (seq <= this.#previousSeq || seq > this.#seqMax) throw badSequence(index, seq, this.#seqMax);
    this.#previousSeq = seq;
    appendRange(this.#eventRanges, seq, seq);
    if (this.#bans.isOn && this.#isBanned({ index, seq, nameStart, nameEnd, startByte, endByte: fieldEnd })) return;
    const violation = walker.violation ?? this.#timeViolation(walker.secondVarint);
    if (violation === undefined) return;
    this.#droppedEvents ??= [];
    const reason =
      violation.reason === ErrorReason.TIME_OUT_OF_RANGE ? DropReason.TIME_OUT_OF_RANGE : DropReason.INVALID;
    const field = pathOf(index, violation.field);
    const named = { reason: violation.reason, field, message: `${field}: ${violation.message}` };
    this.#droppedEvents.push({ index, seq, reason, violation: named, startByte, endByte: fieldEnd });
  }

  /** Notes the event as dropped when the blacklist bans it. That it may be wrong as well does not matter then. */
  #isBanned({ index, seq, nameStart, nameEnd, startByte, endByte }: WalkedEvent): boolean {
    const entry = this.#bans.find(this.#walker.cursor.bytes, nameStart, nameEnd, endByte);
    if (entry === undefined) return false;
    const field = `events[${index}].name`;
    const message = `${field}: banned by the entry ${entry.id} of the blacklist, version ${this.#bans.version}.`;
    const violation = { reason: ErrorReason.UNSPECIFIED, field, message };
    this.#droppedEvents ??= [];
    this.#droppedEvents.push({ index, seq, reason: DropReason.BLACKLISTED, violation, startByte, endByte });
    return true;
  }

  #timeViolation(timeUs: number): Violation | undefined {
    if (timeUs >= this.#timeUsMin && timeUs <= this.#timeUsMax) return undefined;
    const { eventAgeDaysMax: daysMax, eventAheadHoursMax: hoursMax } = this.#limits;
    return {
      reason: ErrorReason.TIME_OUT_OF_RANGE,
      field: 'time_unix_us',
      message: `Not within ${daysMax} days before and ${hoursMax} hours after the collector's clock. Is the unit microseconds, and the clock right?`,
    };
  }

  #droppedRange(fieldEnd: number): void {
    const walker = this.#walker;
    const index = this.#droppedRanges.length / 2;
    this.#walkField('dropped', index, this.#rules.droppedRange, fieldEnd, 0);
    const first = walker.firstVarint;
    const last = walker.secondVarint;
    if (index >= this.#limits.batchDroppedRangesMax) {
      throw tooManyRanges(this.#limits.batchDroppedRangesMax);
    }
    if (first < 1 || last < first || last > this.#seqMax) {
      throw badRange(index, first, last, this.#seqMax);
    }
    this.#droppedRanges.push(first, last);
  }

  /** Walks the message in a field; what is broken in it is named by its path in the batch. */
  #walkField(name: string, index: number | undefined, rules: MessageRules, fieldEnd: number, entriesMax: number): void {
    try {
      this.#walker.walk(rules, fieldEnd, entriesMax);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { reason, field, message } = error.inside(index === undefined ? name : `${name}[${index}]`);
      throw new Refusal({ reason, field, message: `${field}: ${message}` });
    }
  }

  #finish(): BatchFacts {
    if (this.#producerId === undefined) throw badProducerId(0);
    if (this.#eventCount === 0 && this.#droppedRanges.length === 0) {
      throw emptyBatch();
    }
    if (!this.#hasCore || this.#productName === undefined) throw missingCore();
    const dropped = this.#droppedEvents;
    const firstDropped = dropped?.[0];
    // That a banned event was sent is no mistake of the client's, whose list may be older.
    const isNothingTaken = dropped?.length === this.#eventCount && this.#droppedRanges.length === 0;
    if (firstDropped !== undefined && isNothingTaken && this.#bans.bannedEventCount === 0) {
      throw new Refusal(firstDropped.violation);
    }
    const all = this.#droppedRanges.length === 0 ? this.#eventRanges : [...this.#eventRanges, ...this.#droppedRanges];
    const sequence = joinDisjoint(all);
    if (sequence === undefined) {
      throw overlappingRanges();
    }
    return {
      producerId: this.#producerId,
      productName: this.#productName,
      eventCount: this.#eventCount,
      sequence,
      droppedEvents: dropped ?? NO_DROPPED_EVENTS,
      blacklistVersion: this.#bans.version,
    };
  }
}

function pathOf(index: number, field: string): string {
  return field === '' ? `events[${index}]` : `events[${index}].${field}`;
}
