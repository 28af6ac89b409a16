import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { RECORD_SEQUENCE_SIZE_BYTES_MAX } from '../../../collector/src/limits.ts';
import { readRecord, sequenceSizeBytes } from '../../../collector/src/spool/record-codec.ts';
import { batch } from '../support/batches.ts';
import { batchesOf, contentOf, recordOf } from '../support/records.ts';

const content = contentOf(batch(), new Set([1]), true);

it('a record names its product, and the engine reads past it', () => {
  for (const productName of [Buffer.from('editor'), Buffer.alloc(256, 'x'), Buffer.from('größe')]) {
    const record = recordOf({ ...content, productName });
    const facts = readRecord(record, 0);
    expect(Buffer.from(facts?.productName ?? [])).toEqual(productName);
    expect(facts).toMatchObject({ sequence: [1, 1], eventCount: 1, sizeBytes: record.length });
    expect(batchesOf(record)).toEqual(batchesOf(recordOf(content)));
  }
});

it('a record of an earlier version names none', () => {
  expect(readRecord(recordOf(content), 0)).toMatchObject({ sequence: [1, 1], productName: undefined });
});

it('the longest product fits beside the most numbers', () => {
  const sequence: number[] = [];
  // Runs far apart, so that each takes as many bytes as one can.
  for (let at = 1; sequenceSizeBytes([...sequence, at, at]) <= RECORD_SEQUENCE_SIZE_BYTES_MAX; at += 2 ** 31) {
    for (let run = 0; run < 500 && at < 2 ** 52; run++, at += 2 ** 31) sequence.push(at, at);
  }
  const fitting = sequence.slice(0, 2 * Math.floor(RECORD_SEQUENCE_SIZE_BYTES_MAX / 6));
  expect(sequenceSizeBytes(fitting)).toBeGreaterThan(RECORD_SEQUENCE_SIZE_BYTES_MAX - 100);
  const productName = Buffer.alloc(256, 'p');
  const record = recordOf({ ...content, sequence: fitting, productName });
  expect(readRecord(record, 0)).toMatchObject({ sequence: fitting });
  expect(Buffer.from(readRecord(record, 0)?.productName ?? [])).toEqual(productName);
  expect(gunzipSync(record).length).toBeGreaterThan(0);
});

it('a damaged product is a damaged record', () => {
  const record = recordOf({ ...content, productName: Buffer.from('editor') });
  const at = record.indexOf('editor');
  record[at] = 0x45;
  expect(readRecord(record, 0)).toBeUndefined();
});
