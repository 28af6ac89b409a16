import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import type { LoadForm } from '@telemetry/warehouse';
import { pino } from 'pino';
import type { Handover } from '../../../collector/src/load/handover.ts';
import { SegmentLoad } from '../../../collector/src/load/segment-load.ts';
import type { SegmentSummary } from '../../../collector/src/load/segment-summary.ts';
import { CollectorFields } from '../../../collector/src/spool/collector-fields.ts';
import { makeSegmentId } from '../../../collector/src/spool/segment-id.ts';
import { openGate } from '../../support/open-gate.ts';
import { batch, event, serialize } from './batches.ts';
import { COLLECTOR_ID, contentOf, recordOf } from './records.ts';

const fields = new CollectorFields(COLLECTOR_ID);

/** A record with what is known of its batch. */
export interface MadeRecord {
  readonly producerHex: string;
  readonly digest: Buffer;
  readonly events: number;
  readonly bytes: Buffer;
}

/** A record of a producer of its own that has so many events; `bytes` stands in place of its batch, if given. */
export function makeRecord(product: string, events: number, bytes?: Uint8Array): MadeRecord {
  const producerId = randomBytes(16);
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  const numbers = new Set(Array.from({ length: events }, (_, index) => index + 1));
  const message = batch({
    producerId,
    core: { product: { name: product } },
    events: [...numbers].map((seq) => event(seq, { timeUnixUs })),
  });
  const sent = bytes ?? serialize(message);
  const digest = createHash('sha1').update(producerId).update(sent).digest();
  const content = {
    ...contentOf(message, numbers, false),
    bytes: sent,
    plainSizeBytes: sent.length,
    productName: Buffer.from(product),
    collectorFields: fields.encode(Date.now() * 1000, digest),
  };
  return { producerHex: producerId.toString('hex'), digest, events, bytes: recordOf(content) };
}

/** Bytes that are no protobuf, of several kinds. */
export const unreadable: readonly Uint8Array[] = [
  Buffer.alloc(30, 0xff),
  Buffer.from('this is text, and no batch at all'),
  // A field that is longer than the message.
  Uint8Array.of(0x1a, 0xff, 0xff, 0x03, 1, 2, 3),
  // Ends in the middle of a number.
  Uint8Array.of(0x08, 0x80),
];

/** Writes a segment that is loaded in the form that is given. */
export function writeRecords(
  folder: string,
  records: readonly { readonly bytes: Buffer }[],
  form: LoadForm = 'columns',
) {
  const id = makeSegmentId(Date.now(), 1, randomBytes(6).toString('hex'), form);
  const path = join(folder, `${id}.segment.gz`);
  writeFileSync(path, Buffer.concat(records.map(({ bytes }) => bytes)));
  return { id, path };
}

/** A segment load with what it has said. `damaged` counts the parts that were set aside. */
export function makeLoad(
  client: ClickHouseClient,
  quarantineFolder: string,
  logRejected = async () => {},
  handover?: Handover,
) {
  const rejected: SegmentSummary[] = [];
  const said = { damaged: 0 };
  const load = new SegmentLoad({
    client,
    ...(handover === undefined ? {} : { handover }),
    collectorId: COLLECTOR_ID,
    quarantineFolder,
    logger: pino({ level: 'silent' }),
    loadTimeoutMs: 60_000,
    gate: openGate(client),
    logRejected,
    onDamaged: (count) => {
      said.damaged += count;
    },
    onRejected: (summary) => rejected.push(summary),
  });
  return { load, rejected, said };
}
