import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { Audience, EventBatchSchema } from '@telemetry/gen';
import type { CrashBatch } from '../../crash/crash-batch.ts';
import { makeBatches, smallEventsMax, userOf } from '../../crash/make-batches.ts';
import { seededRandom } from '../../support/random.ts';

/** A seed of the moment, or the one that repeats a failure; printed by the test that asks. */
export function faultSeed(test: string): number {
  const seed = Number(process.env.TELEMETRY_TEST_SEED ?? Date.now() % 1_000_000);
  console.info(`${test}: repeat it with TELEMETRY_TEST_SEED=${seed}`);
  return seed;
}

/** Mixed small batches of several producers, as the crash campaign makes them. */
export function mixedBatches(product: string, count: number, seed: number): CrashBatch[] {
  const producers = Math.ceil(count / 8);
  return makeBatches({ random: seededRandom(seed), producers, batches: count, eventsMax: smallEventsMax, product });
}

/** What bulk batches are. */
export interface BulkPlan {
  readonly product: string;
  readonly batches: number;
  readonly eventsPerBatch: number;
  /** Random text in each event, which does not compress below 3/4. */
  readonly textSizeBytes: number;
}

/** Batches to fill disks with, a producer each, sealed with gzip. */
export function bulkBatches({ product, batches, eventsPerBatch, textSizeBytes }: BulkPlan): CrashBatch[] {
  const timeUnixUs = Date.UTC(2025, 10, 1) * 1_000;
  return Array.from({ length: batches }, (_, index) => {
    const producer = randomBytes(16).toString('hex');
    const events = Array.from({ length: eventsPerBatch }, (_, at) => ({
      seq: at + 1,
      name: 'page.viewed',
      feature: 'open',
      useCount: 0,
      timeUnixUs: timeUnixUs + at,
    }));
    const message = create(EventBatchSchema, {
      producerId: Uint8Array.from(Buffer.from(producer, 'hex')),
      core: {
        product: { name: product, version: '1.0.0' },
        user: { id: userOf(producer) },
        audience: Audience.EXTERNAL,
      },
      events: events.map(({ seq, name, feature, timeUnixUs: time }) => ({
        seq: BigInt(seq),
        timeUnixUs: BigInt(time),
        name,
        data: { case: 'featureUse' as const, value: { feature, count: 0 } },
        ...(textSizeBytes === 0 ? {} : { properties: { text: randomText(textSizeBytes) } }),
      })),
    });
    const bytes = gzipSync(toBinary(EventBatchSchema, message));
    const fresh = { attempts: 0, isAcknowledged: false, isAbandoned: false, resendsOnPurpose: 0, history: [] };
    return { index, producer, events, dropped: [], encoding: 'gzip', bytes, ...fresh };
  });
}

function randomText(sizeBytes: number): string {
  return randomBytes(Math.ceil((sizeBytes * 3) / 4))
    .toString('base64')
    .slice(0, sizeBytes);
}
