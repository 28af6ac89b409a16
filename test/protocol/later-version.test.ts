import { fromBinary, isFieldSet, isUnknownEnum, toBinary } from '@bufbuild/protobuf';
import { AudienceSchema, type EventBatch, EventBatchSchema, TierSchema } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { goldenBytes } from '../golden/golden-files.ts';

const laterValue = 97;

function decode(): EventBatch {
  return fromBinary(EventBatchSchema, goldenBytes('batch-later-version'));
}

test('fields of a later version are kept, at every depth', () => {
  const batch = decode();
  expect(batch.$unknown?.map((field) => field.no)).toEqual([60]);
  expect(batch.core?.$unknown?.map((field) => field.no)).toEqual([40]);
  expect(batch.events[0]?.$unknown?.map((field) => field.no)).toEqual([19]);
  // And what this version knows is untouched by them.
  expect(batch.core?.product?.version).toBe('9.0.0');
  expect(batch.events[0]?.name).toBe('app.started');
});

test('a payload of a later version leaves an event that counts by its name', () => {
  expect(decode().events[0]?.data.case).toBeUndefined();
});

test('enum values of a later version are kept as numbers', () => {
  const batch = decode();
  expect(batch.core?.audience).toBe(laterValue);
  expect(isUnknownEnum(AudienceSchema, batch.core?.audience ?? 0)).toBe(true);
  expect(batch.events[0]?.tier).toBe(laterValue);
  expect(isUnknownEnum(TierSchema, batch.events[0]?.tier ?? 0)).toBe(true);
});

test('what a later version added survives a change by this one', () => {
  const batch = decode();
  const event = batch.events[0];
  if (event === undefined) {
    throw new Error('the golden file has one event');
  }
  event.seq = 7n;
  const again = fromBinary(EventBatchSchema, toBinary(EventBatchSchema, batch));
  expect(again.events[0]?.seq).toBe(7n);
  expect(again.events[0]?.$unknown).toEqual(decode().events[0]?.$unknown);
  expect(again.$unknown).toEqual(decode().$unknown);
});

test('it carries none of the fields that belong to the collector', () => {
  const batch = decode();
  for (const field of EventBatchSchema.fields.filter((candidate) => candidate.number >= 100)) {
    expect(isFieldSet(batch, field), field.name).toBe(false);
  }
});
