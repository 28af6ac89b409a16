import { DropReason, ErrorReason, type Limits } from '@telemetry/gen';
import type { BlacklistMatcher } from '../blacklist/blacklist-matcher.ts';
import { BanCheck } from './ban-check.ts';
import { findField } from './find-field.ts';
import { type BatchRules, buildBatchRules, type MessageRules, WIRE_LENGTH_DELIMITED } from './message-rules.ts';
import { MessageWalker } from './message-walker.ts';
import { QuickWalker } from './quick-walker.ts';
import { Refusal, type Violation } from './refusal.ts';
import { appendNumber, joinDisjoint, type SequenceRanges } from './sequence-ranges.ts';

const US_PER_HOUR = 3_600_000_000;
const US_PER_DAY = 24 * US_PER_HOUR;
const US_PER_MS = 1_000;
const PRODUCER_ID_SIZE_BYTES = 16;

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
    this.#quick = new QuickWalker([core, event]);
    this.#corePlace = this.#quick.placeOf(core);
    this.#eventPlace = this.#quick.placeOf(event);
    this.#seqMax = Number(limits.seqMax);
    this.#eventsMax = limits.batchEventsMax;
    this.#propertiesMax = limits.propertiesMax;
  }

  /**
   * Walks one serialized `EventBatch`.
   *
   * @param nowUs the collector's clock, microseconds since 1970, from which the accepted window of event times is reckoned
   * @param matcher what is banned; undefined when nothing is
   * @throws Refusal when the batch cannot be taken at all
   */
  walk(bytes: Uint8Array, nowUs: number, matcher?: BlacklistMatcher): BatchFacts {
    this.forget();
    this.#bans.begin(matcher, nowUs / US_PER_MS);
    const cursor = this.#walker.cursor;
    cursor.reset(bytes);
    this.#quick.reset(bytes);
    this.#timeUsMin = nowUs - this.#limits.eventAgeDaysMax * US_PER_DAY;
    this.#timeUsMax = nowUs + this.#limits.eventAheadHoursMax * US_PER_HOUR;
    const end = bytes.length;
    while (cursor.position < end) {
      const startByte = cursor.position;
      const eventEnd = this.#usualEventEnd(bytes, startByte, end);
      if (eventEnd !== 0) {
        this.#event(startByte, eventEnd);
        continue;
      }
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

  /** Where the event at `start` ends, with the cursor on its content: 0 when there is none of a usual size, and the cursor stays. */
  #usualEventEnd(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start] !== TAG_EVENTS || start + 3 > end) return 0;
    let size = bytes[start + 1] as number;
    let contentStart = start + 2;
    if (size >= 0x80) {
      const upper = bytes[start + 2] as number;
      if (upper >= 0x80) return 0;
      size = (size & 0x7f) | (upper << 7);
      contentStart++;
    }
    if (contentStart + size > end) return 0;
    this.#walker.cursor.position = contentStart;
    return contentStart + size;
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
      throw new Refusal({
        reason: ErrorReason.TOO_MANY_EVENTS,
        field: 'events',
        message: `More than ${this.#eventsMax} events. Halve the batch.`,
      });
    }
    walker.violation = undefined;
    this.#walkEvent(index, fieldEnd);
    const seq = walker.firstVarint;
    if (seq <= this.#previousSeq || seq > this.#seqMax) throw this.#badSequence(index, seq);
    this.#previousSeq = seq;
    appendNumber(this.#eventRanges, seq);
    if (this.#bans.isOn && this.#isBanned(index, seq, startByte, fieldEnd)) return;
    const violation = walker.violation ?? this.#timeViolation(walker.secondVarint);
    if (violation === undefined) return;
    this.#droppedEvents ??= [];
    const reason =
      violation.reason === ErrorReason.TIME_OUT_OF_RANGE ? DropReason.TIME_OUT_OF_RANGE : DropReason.INVALID;
    const field = pathOf(index, violation.field);
    const named = { reason: violation.reason, field, message: `${field}: ${violation.message}` };
    this.#droppedEvents.push({ index, seq, reason, violation: named, startByte, endByte: fieldEnd });
  }

  #walkEvent(index: number, fieldEnd: number): void {
    const walker = this.#walker;
    const quick = this.#quick;
    if (!quick.walk(this.#eventPlace, walker.cursor.position, fieldEnd, this.#propertiesMax)) {
      this.#walkField('events', index, this.#rules.event, fieldEnd, this.#propertiesMax);
      return;
    }
    walker.cursor.position = fieldEnd;
    walker.firstVarint = quick.firstVarint;
    walker.secondVarint = quick.secondVarint;
    walker.thirdTextStart = quick.thirdTextStart;
    walker.thirdTextEnd = quick.thirdTextEnd;
  }

  /** Notes the event as dropped when the blacklist bans it. That it may be wrong as well does not matter then. */
  #isBanned(index: number, seq: number, startByte: number, endByte: number): boolean {
    const { cursor, thirdTextStart, thirdTextEnd } = this.#walker;
    const entry = this.#bans.find(cursor.bytes, thirdTextStart, thirdTextEnd, endByte);
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
      throw new Refusal({
        reason: ErrorReason.FIELD_TOO_LONG,
        field: 'dropped',
        message: `More than ${this.#limits.batchDroppedRangesMax} dropped ranges. Send the others in the next batch.`,
      });
    }
    if (first < 1 || last < first || last > this.#seqMax) {
      const message = `dropped[${index}] runs from ${first} to ${last}: numbers begin at 1, the last is not below the first, and none is above ${this.#seqMax}.`;
      throw new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: `dropped[${index}]`, message });
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
      throw new Refusal({ reason: ErrorReason.EMPTY, field: 'events', message: 'Neither events nor dropped ranges.' });
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
      const message = 'A number is declared as dropped twice, or both dropped and sent.';
      throw new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: 'dropped', message });
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

  #badSequence(index: number, seq: number): Refusal {
    const message = `events[${index}].seq is ${seq}: numbers begin at 1, grow strictly within a batch, and none is above ${this.#seqMax}.`;
    return new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: `events[${index}].seq`, message });
  }
}

function pathOf(index: number, field: string): string {
  return field === '' ? `events[${index}]` : `events[${index}].${field}`;
}

function badProducerId(sizeBytes: number): Refusal {
  const message = `producer_id has ${sizeBytes} bytes; it must be ${PRODUCER_ID_SIZE_BYTES} random bytes, new for every writer process.`;
  return new Refusal({ reason: ErrorReason.BAD_PRODUCER_ID, field: 'producer_id', message });
}

function missingCore(): Refusal {
  const message = 'core.product.name is required: nobody could be asked about the events of an unknown product.';
  return new Refusal({ reason: ErrorReason.MISSING_FIELD, field: 'core.product.name', message });
}

function reservedField(number: number): Refusal {
  const message = `Field ${number} of EventBatch is set by the collector only. Leave it out.`;
  return new Refusal({ reason: ErrorReason.RESERVED_FIELD, field: '', message });
}
