import {
  type FieldRule,
  type MessageRules,
  WIRE_FIXED64,
  WIRE_LENGTH_DELIMITED,
  WIRE_VARINT,
} from './message-rules.ts';
import {
  QUICK_BYTES,
  QUICK_FINITE,
  QUICK_FIXED,
  QUICK_MESSAGE,
  QUICK_TAGS,
  QUICK_TEXT,
  QUICK_VARINT,
} from './quick-layout.ts';

const INT32_MAX = 2 ** 31 - 1;

/** The rules of all messages in a few tables, by the number of the message times `QUICK_TAGS` plus the tag. */
export interface QuickRules {
  readonly kinds: Uint8Array;
  /** Bit of the field in the presence mask of its message. */
  readonly bits: Int32Array;
  /** Bits of which none may have been set before: the field's own, or those of its oneof; 0 where it may be repeated. */
  readonly exclusiveBits: Int32Array;
  /** Largest size of text and bytes; size of a fixed value; of a message, the place of its own rules. */
  readonly bounds: Int32Array;
  /** Largest value of a varint. */
  readonly valuesMax: Float64Array;
  /** By the number of the message. */
  readonly requiredBits: Int32Array;
  /** Place of the rules of a message in the tables. */
  readonly placeOf: (rules: MessageRules) => number;
}

/** Makes the tables of some messages and all that is in them. */
export function buildQuickRules(roots: readonly MessageRules[]): QuickRules {
  const messages = [...new Set(roots.flatMap(withInner))];
  const size = messages.length * QUICK_TAGS;
  const placeOf = (rules: MessageRules) => messages.indexOf(rules) * QUICK_TAGS;
  const quick = {
    kinds: new Uint8Array(size),
    bits: new Int32Array(size),
    exclusiveBits: new Int32Array(size),
    bounds: new Int32Array(size),
    valuesMax: new Float64Array(size),
    requiredBits: Int32Array.from(messages, (rules) => rules.requiredBits),
    placeOf,
  };
  for (const rules of messages) {
    for (const [number, field] of rules.fields.entries()) {
      if (field === undefined) continue;
      const at = placeOf(rules) + number * 8 + field.wireType;
      const isOfOneof = (rules.oneofBits & field.presenceBit) !== 0;
      quick.kinds[at] = kindOf(field);
      quick.bits[at] = field.presenceBit;
      if (!field.isRepeated) quick.exclusiveBits[at] = isOfOneof ? rules.oneofBits : field.presenceBit;
      quick.bounds[at] = boundOf(field, placeOf);
      quick.valuesMax[at] = field.valueMax;
    }
  }
  return quick;
}

function withInner(rules: MessageRules): MessageRules[] {
  return [rules, ...rules.fields.flatMap((field) => (field?.message === undefined ? [] : withInner(field.message)))];
}

function kindOf(field: FieldRule): number {
  if (field.message !== undefined) return QUICK_MESSAGE;
  if (field.wireType === WIRE_VARINT) return QUICK_VARINT;
  if (field.wireType === WIRE_LENGTH_DELIMITED) return field.isText ? QUICK_TEXT : QUICK_BYTES;
  return field.isFinite ? QUICK_FINITE : QUICK_FIXED;
}

function boundOf(field: FieldRule, placeOf: (rules: MessageRules) => number): number {
  if (field.message !== undefined) return placeOf(field.message);
  if (field.wireType === WIRE_LENGTH_DELIMITED) return Math.min(field.sizeBytesMax, INT32_MAX);
  return field.wireType === WIRE_FIXED64 ? 8 : 4;
}
