import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { EventBatchSchema } from '@telemetry/gen';

/**
 * The protobuf schema that the engine reads batches with, as the text of one `.proto` file.
 *
 * Made from the descriptors of the generated code, so that it can never lag behind the protocol. The same on the wire, yet not the
 * same text as `proto/`:
 *
 * - One file without comments: the engine takes the text inside the statement, and resolves no imports.
 * - Enums become numbers: one that a newer client knows and we do not yet must arrive. Read as an enum it would fail the row, the
 *   segment with it, and every retry.
 * - Numbers of 32 bits and booleans become numbers of 64 bits: on the wire all are varints of up to 64 bits, of which protobuf keeps the
 *   low 32, while the engine fails the row when a value does not fit. The views cut them.
 * - Members of a `oneof` become `repeated`: the reader gives an absent message its defaults, which a present but empty message also
 *   has (`session_start {}`), while an array tells them apart by its length, and costs less than filling in six sets of defaults.
 */
export function deriveLoadSchema(root: DescMessage): string {
  const messages = [...reachableMessages(root, new Set())];
  const body = messages.map((message) => `message ${message.name}{${message.fields.map(fieldText).join('')}}`);
  return `syntax="proto3";package ${root.file.proto.package};${body.join('')}`;
}

function* reachableMessages(message: DescMessage, seen: Set<string>): Generator<DescMessage> {
  if (seen.has(message.typeName)) return;
  seen.add(message.typeName);
  yield message;
  for (const field of message.fields) {
    const child = childOf(field);
    if (child !== undefined) yield* reachableMessages(child, seen);
  }
}

function childOf(field: DescField): DescMessage | undefined {
  if (field.fieldKind === 'message') return field.message;
  if (field.fieldKind === 'list' && field.listKind === 'message') return field.message;
  if (field.fieldKind === 'map' && field.mapKind === 'message') return field.message;
  return undefined;
}

function fieldText(field: DescField): string {
  const repeated = field.fieldKind === 'list' || field.oneof !== undefined;
  return `${repeated ? 'repeated ' : ''}${typeText(field)} ${field.name}=${field.number};`;
}

function typeText(field: DescField): string {
  if (field.fieldKind === 'map') {
    const value = field.mapKind === 'scalar' ? scalarName(field.scalar) : (childOf(field)?.name ?? 'int64');
    return `map<${scalarName(field.mapKey)},${value}>`;
  }
  const child = childOf(field);
  if (child !== undefined) return child.name;
  return field.scalar === undefined ? 'int64' : scalarName(field.scalar);
}

function scalarName(scalar: ScalarType): string {
  switch (scalar) {
    case ScalarType.INT32:
      return 'int64';
    case ScalarType.UINT32:
    case ScalarType.BOOL:
      return 'uint64';
    default:
      return ScalarType[scalar].toLowerCase();
  }
}

/** The schema text for the batches of this version of the protocol. About 2 KB, always the same bytes. */
export const loadSchemaText = deriveLoadSchema(EventBatchSchema);

/** The message of {@link loadSchemaText} that a length-delimited record holds. The engine wants it without the package. */
export const loadSchemaMessageName = EventBatchSchema.name;
