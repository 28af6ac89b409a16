import { readFileSync } from 'node:fs';
import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import {
  AudienceSchema,
  DropReasonSchema,
  EventBatchSchema,
  FaultSeveritySchema,
  ProjectActionSchema,
  SessionEndReasonSchema,
  TierSchema,
  UseOutcomeSchema,
} from '@telemetry/gen';
import { expect, test } from 'vitest';
import { loadStatement } from '../../warehouse/src/index.ts';
import { createDropped } from '../../warehouse/src/migrations/v0001/dropped.ts';
import { replaceEvents } from '../../warehouse/src/migrations/v0005/events.ts';
import { createIntake } from '../../warehouse/src/migrations/v0010/intake.ts';
import { loadSchemaText } from '../../warehouse/src/schema/load-schema.ts';

/** Fields as `Message.name=number`, from the text of protobuf files. */
function fieldsOf(text: string): Set<string> {
  const fields = new Set<string>();
  const source = text.replaceAll(/\/\/.*$/gm, '').replaceAll(/oneof \w+ \{([^}]*)\}/g, '$1');
  for (const [, message, body] of source.matchAll(/message (\w+)\s*\{([^}]*)\}/g)) {
    for (const [, name, number] of (body ?? '').matchAll(/(\w+)\s*=\s*(\d+);/g))
      fields.add(`${message}.${name}=${number}`);
  }
  return fields;
}

test('the schema text has every message and field of the protocol files, and no others', () => {
  const files = ['core', 'data_model', 'event'].map((name) =>
    readFileSync(new URL(`../../proto/telemetry/v1/${name}.proto`, import.meta.url), 'utf8'),
  );
  const expected = fieldsOf(files.join('\n'));
  expect(expected.size).toBeGreaterThan(50);
  expect([...fieldsOf(loadSchemaText)].sort()).toEqual([...expected].sort());
});

test('no enum, no number of 32 bits and no boolean is in it: an odd value of one would fail a load for ever', () => {
  expect(loadSchemaText).not.toMatch(/\b(enum|int32|uint32|bool|oneof)\b/);
});

test('every field of a batch has a column in intake', () => {
  for (const path of leafPaths(EventBatchSchema, '')) expect(createIntake).toContain(path);
});

/** Where the reader looks: `core.user.id`, and for a payload its name, the tuple's elements following in the same column, or columns of their own. */
function* leafPaths(message: DescMessage, prefix: string): Generator<string> {
  for (const field of message.fields) {
    const path = `${prefix}${field.name}`;
    if (field.oneof !== undefined && field.fieldKind === 'message' && path !== 'events.feature_use') {
      yield `\`${path}\` Array(Array(Tuple(`;
      for (const element of field.message.fields) yield ` ${element.name} `;
    } else {
      const child = messageOf(field);
      if (child === undefined) yield `\`${path}\``;
      else yield* leafPaths(child, `${path}.`);
    }
  }
}

function messageOf(field: DescField): DescMessage | undefined {
  if (field.fieldKind === 'message') return field.message;
  return field.fieldKind === 'list' && field.listKind === 'message' ? field.message : undefined;
}

test.each<[string, string, DescEnum]>([
  ['audience', replaceEvents, AudienceSchema],
  ['tier', replaceEvents, TierSchema],
  ['use_outcome', replaceEvents, UseOutcomeSchema],
  ['fault_severity', replaceEvents, FaultSeveritySchema],
  ['session_end_reason', replaceEvents, SessionEndReasonSchema],
  ['project_action', replaceEvents, ProjectActionSchema],
  ['reason', createDropped, DropReasonSchema],
])('the column %s knows the names of all values', (column, statement, descriptor) => {
  const names = descriptor.values.map(({ localName }) => `'${localName.toLowerCase()}'`);
  const numbers = descriptor.values.map(({ number }) => number);
  expect(statement).toContain(`transform(${column}_code, [${numbers.join(', ')}], [${names.join(', ')}]`);
});

test('a token that could end the text, or is none, is refused', () => {
  for (const token of ['', "a'b", 'a b', 'x'.repeat(129)]) expect(() => loadStatement({ token })).toThrow(/^token: /);
  expect(() => loadStatement({ token: 'a', timeLimitS: 0.5 })).toThrow(/^timeLimitS: /);
  expect(loadStatement({ token: 'seg-1_2.3', timeLimitS: 7 })).toMatch(/'seg-1_2\.3'.* max_execution_time = 7,/);
});
