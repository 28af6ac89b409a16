import { crc32 } from 'node:zlib';
import { sealBatch } from '../../../client/src/seal-batch.ts';
import { encodeFile } from '../../../client/src/store/file-format.ts';
import type { StoreFile } from '../../../client/src/store/file-name.ts';

/** A file of one event that a process has left. */
export function deadFile(seq: number, producerByte = 0xdd): StoreFile {
  const numbers = { ordinal: seq, firstSeq: seq, lastSeq: seq, eventCount: 1 };
  const producer = producerOf(producerByte);
  return { createdUnixMs: 1_600_000_000_000 + seq, producer, ...numbers, state: { kind: 'batch' } };
}

/** What is in it. */
export function deadContent(seq: number, producerByte = 0xdd): Uint8Array {
  const core = { product: { name: 'store' } };
  const events = [{ seq, timeUnixUs: 1_700_000_000_000_000, name: 'left' }];
  const batch = sealBatch({ producerId: new Uint8Array(16).fill(producerByte), core, events });
  const record = { ...batch, producer: producerOf(producerByte), firstSeq: seq, lastSeq: seq, declaredCount: 0 };
  return encodeFile({ records: [record], sources: [] }, crc32);
}

function producerOf(byte: number): string {
  return byte.toString(16).padStart(2, '0').repeat(16);
}
