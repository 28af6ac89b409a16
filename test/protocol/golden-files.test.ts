import { equals, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { EventBatchSchema, SealedBatchSchema } from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import { allCases } from '../golden/all-cases.ts';
import { addElements, schemaElements } from '../golden/coverage.ts';
import {
  goldenBytes,
  goldenJson,
  goldenJsonText,
  type ManifestEntry,
  presentFiles,
  readManifest,
  sha256,
} from '../golden/golden-files.ts';
import { openSealed } from '../golden/open-sealed.ts';
import { messageType, goldenRegistry as registry } from '../golden/registry.ts';
import { sameGolden } from '../golden/same-golden.ts';

const manifest = readManifest();

describe('the golden files', () => {
  test('are exactly those of the manifest: none deleted, none added by the way', () => {
    const listed = manifest.flatMap((entry) => [`${entry.name}.bin`, `${entry.name}.json`]);
    expect(presentFiles()).toEqual(listed.sort());
    expect(new Set(manifest.map((entry) => entry.name)).size).toBe(manifest.length);
  });

  test('the manifest lost none of the first generation', () => {
    // A manifest can be rewritten together with the files. This list can not, without somebody reading this line: only add to it.
    const names = manifest.map((entry) => entry.name);
    expect(names).toEqual(expect.arrayContaining(firstGeneration));
  });

  test('together show every field and every enum value of the schema', () => {
    const seen = new Set<string>();
    for (const entry of manifest) {
      const schema = messageType(entry.type);
      addElements(schema, fromBinary(schema, goldenBytes(entry.name)), seen);
    }
    const missing = [...schemaElements()].filter((element) => !seen.has(element));
    expect(missing, 'raise the generation in test/golden/full-cases.ts and run test/golden/generate.ts').toEqual([]);
  });

  test('are what the code of today makes, as far as it still knows how', () => {
    const cases = allCases();
    for (const golden of cases) {
      expect(
        sameGolden(golden, goldenBytes(golden.name)),
        `${golden.name}: give it a new name, keep the old file`,
      ).toBe(true);
    }
    expect(cases.length).toBeGreaterThan(0);
  });
});

describe.each(manifest)('golden file $name', (entry: ManifestEntry) => {
  const schema = messageType(entry.type);
  const bytes = goldenBytes(entry.name);

  test('has not changed', () => {
    expect(sha256(bytes)).toBe(entry.binSha256);
    expect(sha256(goldenJsonText(entry.name))).toBe(entry.jsonSha256);
  });

  test('decodes to its JSON twin', () => {
    expect(toJson(schema, fromBinary(schema, bytes), { registry })).toEqual(goldenJson(entry.name));
  });

  test('has a twin that says the same', () => {
    const known = fromBinary(schema, bytes, { readUnknownFields: false });
    const twin = fromJson(schema, goldenJson(entry.name), { registry });
    expect(equals(schema, twin, known, { registry, unpackAny: true })).toBe(true);
    expect(hex(toBinary(schema, twin))).toBe(hex(toBinary(schema, known)));
  });

  if (entry.canonical) {
    test('serializes to the same bytes', () => {
      expect(hex(toBinary(schema, fromBinary(schema, bytes)))).toBe(hex(bytes));
    });
  }

  const { content } = entry;
  if (content !== undefined) {
    test(`holds ${content}`, () => {
      const plain = openSealed(fromBinary(SealedBatchSchema, bytes));
      expect(hex(plain)).toBe(hex(goldenBytes(content)));
      expect(fromBinary(EventBatchSchema, plain).events.length).toBeGreaterThan(0);
    });
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const firstGeneration = [
  'ack-accepted',
  'ack-accepted-in-part',
  'ack-deferred',
  'ack-duplicate',
  'ack-rejected',
  'batch-drops-only',
  'batch-fields-out-of-order',
  'batch-later-version',
  'batch-minimal',
  'batch-page-views',
  'blacklist-every-entry',
  'blacklist-never-changed',
  'full-change-blacklist-request-1.g1',
  'full-change-blacklist-response-1.g1',
  'full-event-batch-1.g1',
  'full-event-batch-2.g1',
  'full-event-batch-as-stored-1.g1',
  'full-event-batch-as-stored-2.g1',
  'full-get-blacklist-request-1.g1',
  'full-get-blacklist-response-1.g1',
  'full-get-blacklist-response-2.g1',
  'full-get-limits-request-1.g1',
  'full-get-limits-response-1.g1',
  'full-list-blacklist-changes-request-1.g1',
  'full-list-blacklist-changes-response-1.g1',
  'full-publish-request-1.g1',
  'full-publish-request-2.g1',
  'full-publish-request-3.g1',
  'full-publish-request-4.g1',
  'full-publish-response-1.g1',
  'full-publish-stream-request-1.g1',
  'full-publish-stream-response-1.g1',
  'full-watch-blacklist-request-1.g1',
  'full-watch-blacklist-response-1.g1',
  'publish-request-plain',
  'publish-request-sealed',
  'publish-stream-request-three',
  'sealed-gzip',
  'sealed-gzip-members',
  'sealed-identity',
  'status-overloaded',
  'status-rejected',
];
