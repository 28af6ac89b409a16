import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import {
  CoreSchema,
  DroppedRangeSchema,
  EventBatchSchema,
  EventSchema,
  FaultSchema,
  FeatureUseSchema,
  type Limits,
  MachineSchema,
  PerformanceSchema,
  ProductSchema,
  ProjectActivitySchema,
  SessionSchema,
  UserSchema,
} from '@telemetry/gen';

/** Wire types of the protobuf encoding that the schema uses. */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_LENGTH_DELIMITED = 2;
export const WIRE_FIXED32 = 5;

/** What the walk checks of one field. */
export interface FieldRule {
  readonly name: string;
  readonly wireType: number;
  /** Largest value of a varint; bigger ones would overflow the column that the engine reads them into. */
  readonly valueMax: number;
  /** Largest size of text or bytes. */
  readonly sizeBytesMax: number;
  /** Whether more than one may occur. */
  readonly isRepeated: boolean;
  /** Whether the value is text, which must be valid UTF-8. */
  readonly isText: boolean;
  /** Whether the value is a double that must be finite. */
  readonly isFinite: boolean;
  /** Bit of the field in a message's presence mask; numbers of one message are below 32. */
  readonly presenceBit: number;
  /** For a message or map entry. */
  readonly message: MessageRules | undefined;
}

/** What the walk checks of one message. */
export interface MessageRules {
  readonly typeName: string;
  /** By field number; a hole is a field that this version does not know, which is skipped. */
  readonly fields: readonly (FieldRule | undefined)[];
  /** Presence bits of fields that must be there and not be empty. */
  readonly requiredBits: number;
  /** Presence bits of the members of a oneof, of which one at most may be set. */
  readonly oneofBits: number;
  /** Whether other fields are refused: no later version can add one to a map entry, and readers disagree about what it means there. */
  readonly isClosed: boolean;
}

const REQUIRED = new Map<DescMessage, readonly string[]>([
  [CoreSchema, ['product']],
  [ProductSchema, ['name']],
  [EventSchema, ['seq', 'name']],
  [FeatureUseSchema, ['feature']],
  [PerformanceSchema, ['metric']],
  [ProjectActivitySchema, ['project_id']],
]);

/** Sizes that differ from `Limits.value_bytes_max`. */
function sizeOverrides(limits: Limits): Map<DescMessage, Record<string, number>> {
  const identifier = limits.identifierBytesMax;
  const name = limits.nameBytesMax;
  return new Map<DescMessage, Record<string, number>>([
    [UserSchema, { id: identifier, hash_key_id: identifier }],
    [MachineSchema, { id: identifier, architecture: identifier, locale: identifier }],
    [ProductSchema, { name: identifier, version: identifier, release_channel: identifier }],
    [SessionSchema, { id: identifier }],
    [EventSchema, { name }],
    [FeatureUseSchema, { feature: name }],
    [FaultSchema, { type: name, stack: limits.stackBytesMax, fingerprint: identifier, feature: name }],
    [PerformanceSchema, { metric: name, unit: identifier }],
    [ProjectActivitySchema, { project_id: identifier, project_type: identifier }],
  ]);
}

const UINT32_MAX = 2 ** 32 - 1;
const INT32_MAX = 2 ** 31 - 1;

function varintMax(field: DescField): number {
  if (field.enum !== undefined) return INT32_MAX;
  switch (field.scalar) {
    case ScalarType.BOOL:
      return 1;
    case ScalarType.UINT32:
      return UINT32_MAX;
    case ScalarType.INT32:
      return INT32_MAX;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function wireTypeOf(field: DescField): number {
  if (field.fieldKind === 'message' || field.fieldKind === 'map' || field.fieldKind === 'list')
    return WIRE_LENGTH_DELIMITED;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WIRE_LENGTH_DELIMITED;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WIRE_FIXED64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WIRE_FIXED32;
    default:
      return WIRE_VARINT;
  }
}

function mapEntryRules(field: DescField & { fieldKind: 'map' }, limits: Limits): MessageRules {
  const isNumber = field.scalar === ScalarType.DOUBLE;
  const common = { valueMax: 0, isRepeated: false, message: undefined };
  const key: FieldRule = {
    ...common,
    name: 'key',
    wireType: WIRE_LENGTH_DELIMITED,
    sizeBytesMax: limits.propertyNameBytesMax,
    isText: true,
    isFinite: false,
    presenceBit: 1 << 1,
  };
  const value: FieldRule = {
    ...common,
    name: 'value',
    wireType: isNumber ? WIRE_FIXED64 : WIRE_LENGTH_DELIMITED,
    sizeBytesMax: limits.valueBytesMax,
    isText: !isNumber,
    isFinite: isNumber,
    presenceBit: 1 << 2,
  };
  return { typeName: field.name, fields: [undefined, key, value], requiredBits: 1 << 1, oneofBits: 0, isClosed: true };
}

/**
 * Rules for a message, made from its generated descriptor, so that a field added to the schema is checked without a second list.
 * Lists and maps of the schema hold messages only, and field numbers below the collector's own are below 32: both asserted here.
 */
function rulesOf(
  message: DescMessage,
  limits: Limits,
  overrides: Map<DescMessage, Record<string, number>>,
): MessageRules {
  const fields: (FieldRule | undefined)[] = [];
  const required = REQUIRED.get(message) ?? [];
  let requiredBits = 0;
  let oneofBits = 0;
  for (const field of message.fields) {
    if (field.number >= 100) continue;
    if (field.number >= 32)
      throw new Error(`${message.typeName}.${field.name}: number ${field.number} has no presence bit`);
    if (field.fieldKind === 'list' && field.listKind !== 'message') {
      throw new Error(`${message.typeName}.${field.name}: lists of scalars are not walked`);
    }
    const presenceBit = 1 << field.number;
    if (required.includes(field.name)) requiredBits |= presenceBit;
    if (field.oneof !== undefined) oneofBits |= presenceBit;
    fields[field.number] = {
      name: field.name,
      wireType: wireTypeOf(field),
      valueMax: varintMax(field),
      sizeBytesMax: overrides.get(message)?.[field.name] ?? limits.valueBytesMax,
      isRepeated: field.fieldKind === 'list' || field.fieldKind === 'map',
      isText: field.scalar === ScalarType.STRING,
      isFinite: field.scalar === ScalarType.DOUBLE,
      presenceBit,
      message:
        field.fieldKind === 'map'
          ? mapEntryRules(field, limits)
          : field.message === undefined
            ? undefined
            : rulesOf(field.message, limits, overrides),
    };
  }
  return { typeName: message.typeName, fields, requiredBits, oneofBits, isClosed: false };
}

/** Rules for the messages that the walk treats on its own. */
export interface BatchRules {
  readonly batch: MessageRules;
  readonly core: MessageRules;
  readonly event: MessageRules;
  readonly droppedRange: MessageRules;
}

/** Builds the rules once, at start. */
export function buildBatchRules(limits: Limits): BatchRules {
  const overrides = sizeOverrides(limits);
  return {
    batch: rulesOf(EventBatchSchema, limits, overrides),
    core: rulesOf(CoreSchema, limits, overrides),
    event: rulesOf(EventSchema, limits, overrides),
    droppedRange: rulesOf(DroppedRangeSchema, limits, overrides),
  };
}
