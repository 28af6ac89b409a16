import { crc32 } from 'node:zlib';
import { Encoding } from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import { tableCrc32 } from '../../client/src/deflate/crc32.ts';
import { decodeFile, encodeFile, type FileContent } from '../../client/src/store/file-format.ts';
import { formatFileName, parseFileName, type StoreFile } from '../../client/src/store/file-name.ts';

const producer = '000102030405060708090a0b0c0d0e0f';
const content: FileContent = {
  sources: ['one.drop6'],
  records: [
    {
      producer,
      encoding: Encoding.IDENTITY,
      bytes: Uint8Array.of(1, 2, 3),
      unsealedSizeBytes: 3,
      eventCount: 2,
      firstSeq: 1,
      lastSeq: 4,
      declaredCount: 2,
    },
    {
      producer: 'f'.repeat(32),
      encoding: Encoding.GZIP,
      bytes: new Uint8Array(0),
      unsealedSizeBytes: 7,
      eventCount: 0,
      firstSeq: 0,
      lastSeq: 0,
      declaredCount: 2 ** 40,
    },
  ],
};

/** As the first version of the store wrote it. It must be read for ever. */
const golden =
  '544c4d53' + // magic
  '0100' + // version
  '0100' + // sources
  '02000000' + // records
  '7e000000' + // body bytes
  '@body' +
  '@head' +
  '0900' +
  '6f6e652e64726f7036' + // "one.drop6"
  '000102030405060708090a0b0c0d0e0f' +
  '01000000' + // identity
  '02000000' + // events
  '03000000' + // unsealed bytes
  '03000000' + // sealed bytes
  '000000000000f03f' + // first
  '0000000000001040' + // last
  '0000000000000040' + // declared
  '010203' +
  'ffffffffffffffffffffffffffffffff' +
  '02000000' +
  '00000000' +
  '07000000' +
  '00000000' +
  '0000000000000000' +
  '0000000000000000' +
  '0000000000007042';

describe('a file of the store', () => {
  test('is the bytes that it was from the first version on', () => {
    const hex = Buffer.from(encodeFile(content, crc32)).toString('hex');
    expect(hex.slice(0, 32)).toBe(golden.slice(0, 32));
    expect(hex.slice(48)).toBe(golden.slice(golden.indexOf('@head') + 5));
    expect(decodeFile(Buffer.from(hex, 'hex'), crc32)).toStrictEqual({
      ...content,
      records: content.records.map((record) => ({ ...record, bytes: Buffer.from(record.bytes) })),
    });
  });

  test('is the same with the checksum of the platform and with our own', () => {
    expect(encodeFile(content, tableCrc32)).toStrictEqual(encodeFile(content, crc32));
    expect(tableCrc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });

  test('is not taken for one when it is cut off, at whatever byte', () => {
    const file = encodeFile(content, crc32);
    for (let length = 0; length < file.length; length++) {
      expect(decodeFile(file.subarray(0, length), crc32), `${length} bytes`).toMatchObject({ kind: 'corrupted' });
    }
    expect(decodeFile(Buffer.concat([file, Buffer.of(0)]), crc32)).toMatchObject({ kind: 'corrupted' });
  });

  test('is not taken for one when any bit of it is another', () => {
    const file = encodeFile(content, crc32);
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = file.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeFile(damaged, crc32), `bit ${bit}`).toMatchObject({ kind: 'corrupted' });
    }
  });

  test('of a later version is known as such', () => {
    const file = encodeFile(content, crc32);
    const view = new DataView(file.buffer);
    view.setUint16(4, 3, true);
    view.setUint32(20, crc32(file.subarray(0, 20)), true);
    expect(decodeFile(file, crc32)).toStrictEqual({ kind: 'later-version', problem: 'of version 3' });
  });
});

/** Content of which one copy has so many bytes. */
function contentOf(onceBytes: number): FileContent {
  const [record] = content.records;
  const heads = encodeFile(
    { sources: [], records: record === undefined ? [] : [{ ...record, bytes: noBytes }] },
    crc32,
  );
  const bytes = Uint8Array.from({ length: onceBytes - heads.length }, (_, index) => index % 251);
  return { sources: [], records: record === undefined ? [] : [{ ...record, bytes }] };
}

const noBytes = new Uint8Array(0);
const pageBytes = 4096;

describe('a file that holds its content twice', () => {
  test('is two times what another is, but for the version, the second time from the next page on', () => {
    const once = encodeFile(content, crc32);
    new DataView(once.buffer).setUint16(4, 2, true);
    new DataView(once.buffer).setUint32(20, crc32(once.subarray(0, 20)), true);
    const gap = new Uint8Array(pageBytes - once.length);
    expect(encodeFile(content, crc32, true)).toStrictEqual(new Uint8Array(Buffer.concat([once, gap, once])));
  });

  test('is read with any bit of it another', () => {
    const file = encodeFile(content, crc32, true);
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = file.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = decodeFile(damaged, crc32);
      if (!('records' in read)) throw new Error(`bit ${bit}: ${read.problem}`);
      expect([read.sources, read.records.length]).toStrictEqual([content.sources, content.records.length]);
    }
  });

  test.each([pageBytes - 1, pageBytes, pageBytes + 1, 2 * pageBytes - 1, 2 * pageBytes, 3 * pageBytes + 77])(
    'of %d bytes each is read without any one page, and when it is cut off behind the first',
    (onceBytes) => {
      const wanted = contentOf(onceBytes);
      const file = encodeFile(wanted, crc32, true);
      for (let start = 0; start < file.length; start += pageBytes) {
        const damaged = file.slice().fill(0, start, start + pageBytes);
        expect(decodeFile(damaged, crc32), `page at ${start}`).toStrictEqual(wanted);
      }
      for (let length = onceBytes; length < file.length; length += 1_021) {
        expect(decodeFile(file.slice(0, length), crc32), `${length} bytes`).toStrictEqual(wanted);
      }
      expect(decodeFile(file.slice(0, onceBytes - 1), crc32)).toMatchObject({ kind: 'corrupted' });
    },
  );

  test('is not taken for one when both are damaged', () => {
    const file = encodeFile(content, crc32, true);
    for (let offset = 0; offset < file.length - pageBytes; offset++) {
      const damaged = file.slice();
      damaged[offset] = (damaged[offset] ?? 0) ^ 1;
      damaged[offset + pageBytes] = (damaged[offset + pageBytes] ?? 0) ^ 1;
      expect(decodeFile(damaged, crc32), `byte ${offset}`).toMatchObject({ kind: 'corrupted' });
    }
  });
});

describe('the name of a file', () => {
  const file: StoreFile = {
    createdUnixMs: 1_764_056_170_123,
    producer,
    ordinal: 7,
    firstSeq: 6_001,
    lastSeq: 7_000,
    eventCount: 999,
    state: { kind: 'batch' },
  };
  const name = `1764056170123-${producer}-00000007-6001-7000-999.batch`;

  test('says what the file is, and is read back', () => {
    expect(formatFileName(file)).toBe(name);
    expect(parseFileName(name)).toStrictEqual(file);
    const dropped: StoreFile = { ...file, state: { kind: 'drop', reason: 6 } };
    expect(parseFileName(formatFileName(dropped))).toStrictEqual(dropped);
  });

  test.each([
    '',
    'batch',
    'notes.txt',
    name.replace('.batch', ''),
    name.replace('.batch', '.other'),
    name.replace('.batch', '.drop'),
    `${name}~`,
    `.${name}`,
    name.replace('-7000-', '-6000-'),
    name.replace('-999.', '-1001.'),
    name.replace('-6001-', '-06001-'),
    name.replace('00000007', '000000007'),
    name.replace('-7000-', '-9007199254740993-'),
  ])('that is none of the store’s is not taken for one: %j', (other) => {
    expect(parseFileName(other)).toBeUndefined();
  });
});
