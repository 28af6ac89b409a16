import { DropReason } from '@telemetry/gen';
import { OpenBatch } from '../../../client/src/open-batch.ts';
import { type SealedBatch, sealBatch } from '../../../client/src/seal-batch.ts';
import type { ClosedBatch } from '../../../client/src/store/closed-batch.ts';
import { fromHex } from '../../../client/src/store/hex.ts';
import type { StoredRecord } from '../../../client/src/store/stored-record.ts';
import { assembleBatch } from '../../../client/src/wire/encode-batch.ts';

const product = { name: 'store' };
const asIs = (bytes: Uint8Array): Uint8Array => bytes;

/** A batch that holds the event of that number alone, and has exactly so many bytes when it is sealed without compression. */
export function batchOfSize(producer: string, seq: number, sizeBytes: number): ClosedBatch {
  const make = (textBytes: number) => {
    const open = new OpenBatch(fromHex(producer), new Uint8Array(0));
    if (!open.add(seq, 1, { name: 'sized', properties: { text: 'x'.repeat(textBytes) } })) throw new Error('too large');
    return open.take();
  };
  const sizeOf = (textBytes: number): number => {
    const { coreBytes, bytes } = make(textBytes);
    return assembleBatch(fromHex(producer), coreBytes, bytes, []).length;
  };
  return { ordinal: seq, events: make(textBytesFor(sizeBytes, sizeOf)), dropped: [] };
}

/** A record that declares the number, and has exactly so many bytes: as of a producer whose core is large. */
export function declarationOfSize(producer: string, seq: number, sizeBytes: number): StoredRecord {
  const make = (textBytes: number): SealedBatch => {
    const core = { product: { name: 'x'.repeat(textBytes) } };
    const dropped = [{ firstSeq: seq, lastSeq: seq, reason: DropReason.STORE_FULL }];
    return sealBatch({ producerId: fromHex(producer), core, events: [], dropped }, asIs);
  };
  const batch = make(textBytesFor(sizeBytes, (textBytes) => make(textBytes).bytes.length));
  return { ...batch, producer, firstSeq: 0, lastSeq: 0, declaredCount: 1 };
}

/** A record with the event of that number. */
export function recordOf(producer: string, seq: number): StoredRecord {
  const events = [{ seq, timeUnixUs: 1_700_000_000_000_000, name: 'left' }];
  const batch = sealBatch({ producerId: fromHex(producer), core: { product }, events });
  return { ...batch, producer, firstSeq: seq, lastSeq: seq, declaredCount: 0 };
}

/** How long a text has to be so that what it is in has the size. */
function textBytesFor(sizeBytes: number, sizeOf: (textBytes: number) => number): number {
  const halfBytes = Math.floor(sizeBytes / 2);
  // Lengths before the text take more bytes as it grows, but not twice as many when it is long.
  const textBytes = sizeBytes - (sizeOf(halfBytes) - halfBytes);
  if (sizeOf(textBytes) !== sizeBytes) throw new Error(`no text makes ${sizeBytes} bytes`);
  return textBytes;
}
