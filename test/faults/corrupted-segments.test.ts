import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scanSegment } from '../../collector/src/spool/scan-segment.ts';
import type { CrashBatch } from '../crash/crash-batch.ts';
import { seededRandom } from '../support/random.ts';
import { metric } from '../web/support/web-collector.ts';
import { createSystem } from './support/create-system.ts';
import { expectStoredOnce } from './support/expect-stored-once.ts';
import { faultSeed, mixedBatches } from './support/make-fault-batches.ts';
import { Sender } from './support/sender.ts';

const product = 'corruption';
const segmentCount = 8;

/** Flips one bit in the middle of the record at `index`; returns whose record it is. */
function flipBit(bytes: Buffer, index: number, random: () => number): string {
  const record = scanSegment(Buffer.from(bytes)).records[index];
  if (record === undefined) throw new Error('no such record');
  const producer = keyOf(record.producerId, record.sequence);
  const at = record.startByte + Math.floor(random() * record.sizeBytes);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  return producer;
}

function keyOf(producerId: Uint8Array, sequence: readonly number[]): string {
  return `${Buffer.from(producerId).toString('hex')} ${sequence[0]}`;
}

function keyOfBatch({ producer, events, dropped }: CrashBatch): string {
  return `${producer} ${Math.min(events[0]?.seq ?? Number.POSITIVE_INFINITY, dropped[0]?.firstSeq ?? Number.POSITIVE_INFINITY)}`;
}

test('damaged files of the spool cost what is damaged, are set aside with a reason, and never keep it from starting', {
  timeout: 90_000,
}, async () => {
  const seed = faultSeed('corrupted segments');
  const random = seededRandom(seed);
  const system = await createSystem();
  await system.makeTables();
  await system.start('collector');
  const sender = new Sender(system.grpcAddress);
  const batches = mixedBatches(product, segmentCount * 20, seed);
  for (let index = 0; index < segmentCount; index++) {
    await sender.deliver(batches.slice(index * 20, (index + 1) * 20));
    // Each part in a segment of its own; an orderly stop would wait for the warehouse.
    await system.collector.kill();
    if (index < segmentCount - 1) await system.start('collector');
  }

  const spool = join(system.collectorFolder, 'spool');
  const folder = join(spool, 'segments');
  const segments = readdirSync(folder).sort();
  expect(segments.length).toBe(segmentCount);
  const lost = new Set<string>();
  const damage = (index: number, change: (bytes: Buffer) => Buffer) => {
    const path = join(folder, segments[index] ?? '');
    writeFileSync(path, change(readFileSync(path)));
  };
  const flip = (index: number, records: readonly number[]) =>
    damage(index, (bytes) => {
      for (const record of records) lost.add(flipBit(bytes, record, random));
      return bytes;
    });
  const everyRecord = (bytes: Buffer) => {
    for (const { producerId, sequence } of scanSegment(bytes).records) lost.add(keyOf(producerId, sequence));
  };
  flip(0, [0]);
  flip(1, [3, 4, 11]);
  flip(2, [scanSegment(readFileSync(join(folder, segments[2] ?? ''))).records.length - 1]);
  damage(3, (bytes) => {
    everyRecord(bytes);
    return Buffer.alloc(0);
  });
  damage(4, (bytes) => {
    const { records } = scanSegment(bytes);
    const last = records.at(-1);
    if (last === undefined) throw new Error('an empty segment');
    lost.add(keyOf(last.producerId, last.sequence));
    return Buffer.from(bytes.subarray(0, last.startByte + 20));
  });
  damage(5, (bytes) => {
    everyRecord(bytes);
    return Buffer.from(Uint8Array.from({ length: bytes.length }, () => Math.floor(random() * 256)));
  });
  // Garbage between two whole records costs none of them.
  damage(6, (bytes) => {
    const second = scanSegment(bytes).records[1]?.startByte ?? 0;
    return Buffer.concat([bytes.subarray(0, second), Buffer.alloc(777, 0x1f), bytes.subarray(second)]);
  });
  // Segment 7 stays as it is. Files of somebody else are nobody's batches.
  for (const place of [folder, join(system.collectorFolder, 'seen'), join(spool, 'careful'), spool]) {
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'notes.txt'), 'not yours');
    writeFileSync(join(place, '.hidden.gz.part'), 'not gzip');
    mkdirSync(join(place, 'lost+found'), { recursive: true });
  }
  writeFileSync(join(folder, '0000000000001-00000001-000000000000.segment.gz'), '');
  writeFileSync(join(system.collectorFolder, 'seen', 'seen-00000001.log'), Buffer.alloc(100, 0xff));
  writeFileSync(join(spool, 'probe.tmp'), 'left by a probe');

  // A seen-set that has lost its log takes what it finds for what may exist twice, which waits as long as a load may take. Not before: a life that
  // lasted so long would have moved what it found.
  system.configureCollector('--load-timeout-s', '3');
  await system.start('warehouse', 'collector');
  await system.untilReadiness([]);
  const aside = readdirSync(join(spool, 'quarantine'));
  for (const name of aside) expect(name).toMatch(/\.(damaged|torn)$/);
  for (const index of [0, 1, 2, 4, 5, 6]) {
    const id = segments[index]?.split('.')[0] ?? '';
    expect(
      aside.filter((name) => name.startsWith(id)),
      `segment ${index}`,
    ).not.toEqual([]);
  }
  expect(system.collector.log).toContain('found the spool of an earlier life');
  const metrics = await system.metrics();
  expect(metric(metrics, 'telemetry_spool_quarantined_total')).toBe(aside.length);

  for (const batch of batches) {
    if (lost.has(keyOfBatch(batch))) batch.isAcknowledged = false;
  }
  const kept = batches.filter(({ isAcknowledged }) => isAcknowledged);
  expect(batches.length - kept.length).toBe(lost.size);
  expect(kept.length).toBeGreaterThan(segmentCount * 20 - lost.size - 1);
  await expectStoredOnce(system, product, batches);
  // What was lost is not taken for seen: sent again it is stored.
  await new Sender(system.grpcAddress).deliver(batches);
  expect(batches.every(({ isAcknowledged }) => isAcknowledged)).toBe(true);
  await expectStoredOnce(system, product, batches);
  await system.stop('collector');
});
