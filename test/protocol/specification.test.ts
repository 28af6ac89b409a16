import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, type DescEnum, fromJson, isFieldSet, toBinary } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import {
  DropReasonSchema,
  DurabilitySchema,
  EncodingSchema,
  ErrorReasonSchema,
  EventBatchSchema,
  LimitsSchema,
  OutcomeSchema,
  PublishRequestSchema,
  protocolLimits,
} from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import { goldenBytes } from '../golden/golden-files.ts';
import { protocolFiles } from '../golden/registry.ts';
import { Code } from './grpc-codes.ts';
import { protoFolder, specification, specificationBlock, specificationTable } from './specification-text.ts';

const kinds = ['retry', 'split', 'drop', 'hold'];

describe('the limits', () => {
  const rows = specificationTable('limit', 'default', 'unit', 'of', 'beyond it', 'a client');

  test('are those of limits.proto, all of them, in its order', () => {
    const limits = reflect(LimitsSchema, create(LimitsSchema));
    const expected = LimitsSchema.fields.map((field) => [field.name, String(limits.get(field))]);
    expect(rows.map((row) => [row.limit, row.default])).toEqual(expected);
  });

  test('are what an empty message holds, so that the defaults need no list', () => {
    expect(LimitsSchema.fields.filter((field) => isFieldSet(protocolLimits, field))).toEqual([]);
    expect(LimitsSchema.fields.map((field) => Number(reflect(LimitsSchema, protocolLimits).get(field)))).not.toContain(
      0,
    );
  });

  test.each(rows)('$limit has a unit, a consequence and advice', (row) => {
    expect(row.unit).toMatch(/^(bytes|events|ranges|entries|days|hours|number|batches)$/);
    expect(row['beyond it']).toMatch(/ERROR_REASON_|DROP_REASON_|^nothing:|RESOURCE_EXHAUSTED/);
    expect(row['a client']).not.toBe('');
    expect(row.unit === 'bytes').toBe(row.limit?.endsWith('_bytes_max'));
  });
});

describe('the retry tables', () => {
  const reasons = specificationTable('reason', 'gRPC status', 'kind', 'note');
  const statuses = specificationTable('status', 'code', 'kind', 'OTLP', 'note');

  test('name every reason of the schema, in its order', () => {
    expect(reasons.map((row) => row.reason)).toEqual(ErrorReasonSchema.values.map((value) => value.name));
  });

  test.each(reasons.slice(1))('$reason: status and kind are those of error_reason.proto', (row) => {
    const source = readFileSync(join(protoFolder, 'telemetry/v1/error_reason.proto'), 'utf8');
    const comment = new RegExp(`// ([A-Z_]+), (permanent until|permanent|retryable)[^;]*?\\n  ${row.reason} =`).exec(
      source,
    );
    expect(comment?.[1]).toBe(row['gRPC status']);
    const permanence = { retry: 'retryable', split: 'permanent', drop: 'permanent', hold: 'permanent until' }[
      row.kind ?? ''
    ];
    expect(comment?.[2]).toBe(permanence);
    expect(Object.keys(Code)).toContain(row['gRPC status']);
  });

  test('name every status of gRPC but OK', () => {
    const expected = Object.entries(Code).filter(([name]) => name !== 'OK');
    expect(statuses.map((row) => [row.status, Number(row.code)])).toEqual(expected);
  });

  test.each(statuses)('$status: has a kind, and never drops what OTLP retries', (row) => {
    expect(kinds).toContain(row.kind);
    if (row.OTLP !== 'no') {
      expect(row.kind).toBe('retry');
    }
  });

  test('explain every kind that they use', () => {
    expect(specificationTable('kind', 'meaning', 'the client').map((row) => row.kind)).toEqual(kinds);
  });
});

describe('the words', () => {
  const enums: DescEnum[] = [ErrorReasonSchema, DropReasonSchema, OutcomeSchema, DurabilitySchema, EncodingSchema];
  const used = new Set(specification.match(/\b(?:ERROR_REASON|DROP_REASON|OUTCOME|DURABILITY|ENCODING)_[A-Z_]+\b/g));

  test('that look like enum values are enum values', () => {
    const known = enums.flatMap((desc) => desc.values.map((value) => value.name));
    expect([...used].filter((word) => !known.includes(word))).toEqual([]);
  });

  test.each([ErrorReasonSchema, OutcomeSchema, DurabilitySchema])('cover all of $name', (desc) => {
    expect(desc.values.map((value) => value.name).filter((name) => !used.has(name))).toEqual([]);
  });

  test('name every call', () => {
    const methods = protocolFiles.flatMap((file) => file.services).flatMap((service) => service.methods);
    expect(methods.map((method) => method.name).filter((name) => !specification.includes(name))).toEqual([]);
  });

  test('link to what is there', () => {
    const links = [...specification.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
    const files = links.filter((link) => !link.startsWith('#') && !link.includes(':'));
    expect(files.filter((file) => !existsSync(join(protoFolder, file)))).toEqual([]);
    const headings = [...specification.matchAll(/^#+ (.+)$/gm)].map((match) => `#${anchor(match[1] ?? '')}`);
    expect(links.filter((link) => link.startsWith('#') && !headings.includes(link))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });
});

describe('the worked example', () => {
  const bytes = Buffer.from(specificationBlock('hex').replaceAll(/#.*$/gm, '').replaceAll(/\s/g, ''), 'hex');
  const golden = goldenBytes('batch-minimal');

  test('has the bytes of the golden file', () => {
    expect(bytes.toString('hex')).toBe(Buffer.from(golden).toString('hex'));
    expect(specification).toContain(`The same as ${golden.length} bytes on the wire`);
  });

  test('is the message that its JSON says', () => {
    const batch = fromJson(EventBatchSchema, JSON.parse(specificationBlock('json')));
    expect(Buffer.from(toBinary(EventBatchSchema, batch)).toString('hex')).toBe(bytes.toString('hex'));
    const request = create(PublishRequestSchema, { content: { case: 'batch', value: batch } });
    expect(Buffer.from(toBinary(PublishRequestSchema, request)).toString('hex')).toBe(`0a38${bytes.toString('hex')}`);
  });
});

/** The anchor that a heading gets where Markdown is shown. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
