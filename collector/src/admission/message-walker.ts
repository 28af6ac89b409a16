import { ErrorReason } from '@telemetry/gen';
import {
  type FieldRule,
  type MessageRules,
  WIRE_FIXED64,
  WIRE_LENGTH_DELIMITED,
  WIRE_VARINT,
} from './message-rules.ts';
import { Refusal, type Violation } from './refusal.ts';
import { WireCursor } from './wire-cursor.ts';

/** Exponent bits of a double in its upper 16 bits, little endian: all set means NaN or infinity. */
const EXPONENT_LOW_BYTE = 0xf0;
const EXPONENT_HIGH_BYTE = 0x7f;

/**
 * Walks messages by their rules, building no objects. Structure that is broken throws; a value that breaks a limit is noted in
 * `violation`, the first one of a walk, so that the caller decides whether an event or the whole batch goes.
 */
export class MessageWalker {
  readonly cursor = new WireCursor();
  violation: Violation | undefined;
  /** Value of field 1 and field 2 of the last message walked at the caller's level, when they are varints. */
  firstVarint = 0;
  secondVarint = 0;
  /** Where the text in field 3 of that message lies; both 0 when it has none. */
  thirdTextStart = 0;
  thirdTextEnd = 0;
  #textStart = 0;

  /** Walks the fields from the cursor up to `end`. `entriesMax` bounds all map entries of the message together. */
  walk(rules: MessageRules, end: number, entriesMax: number): void {
    const cursor = this.cursor;
    let seen = 0;
    let presence = 0;
    let entries = 0;
    let first = 0;
    let second = 0;
    let thirdStart = 0;
    let thirdEnd = 0;
    while (cursor.position < end) {
      const tag = cursor.tag(end);
      const number = tag >>> 3;
      const wireType = tag & 7;
      const rule = rules.fields[number];
      if (rule === undefined) {
        if (rules.isClosed) throw Refusal.malformed('', `An entry of a map has no field ${number}.`);
        cursor.skipValue(wireType, end);
        continue;
      }
      if (wireType !== rule.wireType) throw wrongWireType(rule, wireType);
      if (!rule.isRepeated) {
        if ((seen & rule.presenceBit) !== 0) throw Refusal.malformed(rule.name, 'The field occurs more than once.');
        if ((rules.oneofBits & rule.presenceBit) !== 0 && (seen & rules.oneofBits) !== 0) {
          throw Refusal.malformed(rule.name, 'Two payloads of one event: `data` may hold one.');
        }
        seen |= rule.presenceBit;
      } else {
        entries++;
      }
      if (wireType === WIRE_LENGTH_DELIMITED) {
        if (this.#lengthDelimited(rule, end)) presence |= rule.presenceBit;
        if (number === 3) {
          thirdStart = this.#textStart;
          thirdEnd = cursor.position;
        }
      } else if (wireType === WIRE_VARINT) {
        const value = cursor.varint(end);
        if (value > rule.valueMax)
          throw Refusal.malformed(rule.name, `The value is above ${rule.valueMax}, the most its type holds.`);
        if (number === 1) first = value;
        else if (number === 2) second = value;
        if (value !== 0) presence |= rule.presenceBit;
      } else {
        this.#fixed(rule, end);
        presence |= rule.presenceBit;
      }
    }
    if (entries > entriesMax)
      this.#note(
        ErrorReason.FIELD_TOO_LONG,
        'properties',
        `${entries} properties and measurements; at most ${entriesMax}.`,
      );
    if ((presence & rules.requiredBits) !== rules.requiredBits) this.#noteMissing(rules, presence);
    this.firstVarint = first;
    this.secondVarint = second;
    this.thirdTextStart = thirdStart;
    this.thirdTextEnd = thirdEnd;
  }

  /** Returns whether the field counts as present: text and bytes when not empty, messages always. */
  #lengthDelimited(rule: FieldRule, end: number): boolean {
    const cursor = this.cursor;
    const fieldEnd = cursor.lengthDelimitedEnd(end);
    const sizeBytes = fieldEnd - cursor.position;
    if (rule.message === undefined) {
      if (sizeBytes > rule.sizeBytesMax) {
        this.#note(
          ErrorReason.FIELD_TOO_LONG,
          rule.name,
          `${sizeBytes} bytes; at most ${rule.sizeBytesMax}. Shorten it.`,
        );
      }
      if (rule.isText && !cursor.isUtf8(fieldEnd)) {
        throw Refusal.malformed(rule.name, 'The text is not valid UTF-8, as protobuf demands of a string.');
      }
      this.#textStart = cursor.position;
      cursor.position = fieldEnd;
      return sizeBytes > 0;
    }
    const before = this.violation;
    try {
      this.walk(rule.message, fieldEnd, Number.POSITIVE_INFINITY);
    } catch (error) {
      throw error instanceof Refusal ? error.inside(rule.name) : error;
    }
    if (this.violation !== before && this.violation !== undefined) {
      this.violation = { ...this.violation, field: `${rule.name}.${this.violation.field}` };
    }
    return true;
  }

  #fixed(rule: FieldRule, end: number): void {
    const { cursor } = this;
    const position = cursor.position;
    cursor.skip(rule.wireType === WIRE_FIXED64 ? 8 : 4, end);
    if (!rule.isFinite) return;
    const low = cursor.bytes[position + 6] as number;
    const high = cursor.bytes[position + 7] as number;
    if ((high & EXPONENT_HIGH_BYTE) === EXPONENT_HIGH_BYTE && (low & EXPONENT_LOW_BYTE) === EXPONENT_LOW_BYTE) {
      this.#note(ErrorReason.BAD_NUMBER, rule.name, 'Not a number, or infinite. Leave the measurement out.');
    }
  }

  #noteMissing(rules: MessageRules, presence: number): void {
    for (const rule of rules.fields) {
      if (rule !== undefined && (rules.requiredBits & rule.presenceBit & ~presence) !== 0) {
        this.#note(ErrorReason.MISSING_FIELD, rule.name, 'Required, and missing or empty.');
        return;
      }
    }
  }

  #note(reason: ErrorReason, field: string, message: string): void {
    this.violation ??= { reason, field, message };
  }
}

function wrongWireType(rule: FieldRule, wireType: number): Refusal {
  return Refusal.malformed(rule.name, `Wire type ${wireType} where the schema has ${rule.wireType}.`);
}
