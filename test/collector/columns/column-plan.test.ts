import type { DescMessage } from '@bufbuild/protobuf';
import { EventBatchSchema } from '@telemetry/gen';
import { loadColumns } from '@telemetry/warehouse';
import { expect, test } from 'vitest';
import { ColumnPlan } from '../../../collector/src/columns/column-plan.ts';

/** The paths of all fields that have a value. */
function* pathsOf(message: DescMessage, prefix: string): Generator<string> {
  for (const field of message.fields) {
    const path = `${prefix}${field.name}`;
    if (field.message === undefined || field.fieldKind === 'map') yield path;
    else yield* pathsOf(field.message, `${path}.`);
  }
}

test('every field of a batch has a column, and every column a field or a count', () => {
  const counted = /^(event_counts|feature_counts)\.|^events\.kind$/;
  const fields = loadColumns.map(({ name }) => name).filter((name) => !counted.test(name));
  expect(fields.sort()).toEqual([...pathsOf(EventBatchSchema, '')].sort());
});

test('each column is made once, and in the order of no other', () => {
  const { outputs } = new ColumnPlan(EventBatchSchema, loadColumns);
  expect(outputs.map(({ name }) => name).sort()).toEqual(loadColumns.map(({ name }) => name).sort());
});

test.each([
  ['a column of no field', { name: 'events.nothing', type: 'Array(UInt64)' }, 'has no field nothing'],
  ['a text as a number', { name: 'producer_id', type: 'UInt64' }, 'no column of type UInt64'],
  ['a number as text', { name: 'events.seq', type: 'Array(String)' }, 'no column of type String'],
  ['a double as a whole number', { name: 'events.performance.value', type: 'Array(Int64)' }, 'no column of type Int64'],
  ['what is repeated as one value', { name: 'events.seq', type: 'UInt64' }, 'is an array'],
  ['a map as something else', { name: 'events.properties', type: 'Array(String)' }, 'does not fit'],
  ['a type that loads have not', { name: 'events.seq', type: 'Array(Decimal(9, 2))' }, 'cannot be made'],
  ['a count of nothing', { name: 'event_counts.nothing', type: 'Array(UInt64)' }, 'Nothing is counted'],
  ['a count as text', { name: 'event_counts.events', type: 'Array(LowCardinality(String))' }, 'does not fit'],
])('refused is %s', (_, column, message) => {
  const others = loadColumns.filter(({ name }) => name !== column.name);
  expect(() => new ColumnPlan(EventBatchSchema, [...others, column])).toThrow(message);
});
