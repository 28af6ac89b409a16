import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { ClickHouseClient } from '@clickhouse/client';
import { EventBatchSchema } from '@telemetry/gen';
import { loadStatement } from '../../../warehouse/src/index.ts';

export type BatchInit = MessageInitShape<typeof EventBatchSchema>;

/** When the batches of these tests were received: late enough that no retention has passed. */
export const receivedTimeUnixUs = BigInt(Date.now()) * 1000n;

export function batchBytes(init: BatchInit): Uint8Array {
  return toBinary(EventBatchSchema, create(EventBatchSchema, { receivedTimeUnixUs, collectorId: 'c1', ...init }));
}

/** Length-delimited messages, each in two gzip members: the length stored, the message deflated, as the spool writes them. */
export function segmentOf(messages: readonly Uint8Array[]): Buffer {
  const members = messages.flatMap((bytes) => [gzipSync(varint(BigInt(bytes.length)), { level: 0 }), gzipSync(bytes)]);
  return Buffer.concat(members);
}

export async function load(client: ClickHouseClient, token: string, segment: Buffer): Promise<void> {
  const { stream } = await client.exec({
    query: loadStatement({ token }),
    values: Readable.from([segment], { objectMode: false }),
    http_headers: { 'content-encoding': 'gzip' },
  });
  for await (const _ of stream) {
    // An insert answers nothing; reading it to the end frees the connection.
  }
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
