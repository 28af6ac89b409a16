import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { Audience, DropReason, EventBatchSchema } from '@telemetry/gen';
import type { CrashBatch, CrashDrop, CrashEvent } from './crash-batch.ts';

/** Name of every event of a probe: none of them may ever be stored. */
export const PROBE_EVENT_NAME = 'crash.probe';

const names = ['page.viewed', 'document.opened', 'search.done', 'report.printed'];
const features = ['open', 'save', 'print', 'search', 'undo', 'share'];
/** Events of a day in the last century, of one in the past and of a recent one: rollups have several days and partitions. */
const daysUnixMs = [Date.UTC(1999, 8, 28), Date.UTC(2019, 1, 2), Date.UTC(2025, 10, 1)];
/** Most events of a batch: small ones, which are loaded as messages, and heavy ones, which are loaded as columns. */
export const smallEventsMax = 50;
export const heavyEventsMax = 1_200;

/** What the batches of a round are made from. */
export interface BatchPlan {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly producers: number;
  readonly batches: number;
  readonly eventsMax: number;
  /** The round's own, so that its rows can be told from all others. */
  readonly product: string;
}

/** Makes the batches of a round, those of a producer numbered in order. */
export function makeBatches({ random, producers, batches, eventsMax, product }: BatchPlan): CrashBatch[] {
  const writers = Array.from({ length: producers }, () => ({ id: randomHex(random, 16), nextSeq: 1 }));
  return Array.from({ length: batches }, (_, index) => {
    const writer = pick(writers, random);
    const { events, dropped, nextSeq } = makeContent(writer.nextSeq, eventsMax, random);
    writer.nextSeq = nextSeq;
    const encoding = random() < 0.6 ? 'gzip' : 'identity';
    const plain = serializeBatch(writer.id, product, events, dropped);
    const bytes = encoding === 'gzip' ? gzipSync(plain) : plain;
    const fresh = { attempts: 0, isAcknowledged: false, isAbandoned: false, resendsOnPurpose: 0, history: [] };
    return { index, producer: writer.id, events, dropped, encoding, bytes, ...fresh };
  });
}

/** Who uses the product on behalf of a producer. Two producers may share one. */
export function userOf(producer: string): string {
  return `user-${producer.slice(0, 2)}`;
}

/** Other content under the identity of a batch: with its numbers, or with some of its numbers and some new ones. */
export function makeProbe(batch: CrashBatch, product: string, kind: 'whole' | 'partial'): Uint8Array {
  const same = batch.events.map((event) => ({ ...event, name: PROBE_EVENT_NAME, feature: '' }));
  const last = same.at(-1);
  if (last === undefined) throw new Error('a probe needs a batch with events');
  // Far beyond the numbers that the producer gives.
  const events = kind === 'whole' ? same : [last, { ...last, seq: last.seq + 1_000_000_000 }];
  return serializeBatch(batch.producer, product, events, kind === 'whole' ? batch.dropped : []);
}

function makeContent(firstSeq: number, eventsMax: number, random: () => number) {
  let nextSeq = firstSeq;
  // Some begin behind a hole that nobody declares.
  if (random() < 0.1) nextSeq += 1 + Math.floor(random() * 20);
  const dropped: CrashDrop[] = [];
  if (random() < 0.15) {
    const lastSeq = nextSeq + Math.floor(random() * 30);
    dropped.push({ firstSeq: nextSeq, lastSeq, reason: DropReason.QUEUE_FULL });
    nextSeq = lastSeq + 1;
  }
  const isDropsOnly = dropped.length > 0 && random() < 0.2;
  const count = isDropsOnly ? 0 : 1 + Math.floor(random() ** 2 * eventsMax);
  const hasHoles = random() < 0.1;
  const events: CrashEvent[] = [];
  for (let index = 0; index < count; index++) {
    if (hasHoles && random() < 0.2) nextSeq += 1 + Math.floor(random() * 3);
    const feature = random() < 0.7 ? pick(features, random) : '';
    events.push({
      seq: nextSeq++,
      name: pick(names, random),
      feature,
      useCount: feature !== '' && random() < 0.2 ? 1 + Math.floor(random() * 5) : 0,
      timeUnixUs: (pick(daysUnixMs, random) + Math.floor(random() * 86_400_000)) * 1_000,
    });
  }
  return { events, dropped, nextSeq };
}

function serializeBatch(
  producer: string,
  product: string,
  events: readonly CrashEvent[],
  dropped: readonly CrashDrop[],
): Uint8Array {
  const batch = create(EventBatchSchema, {
    producerId: Uint8Array.from(Buffer.from(producer, 'hex')),
    core: { product: { name: product, version: '1.0.0' }, user: { id: userOf(producer) }, audience: Audience.EXTERNAL },
    events: events.map(({ seq, name, feature, useCount, timeUnixUs }) => ({
      seq: BigInt(seq),
      timeUnixUs: BigInt(timeUnixUs),
      name,
      ...(feature === '' ? {} : { data: { case: 'featureUse' as const, value: { feature, count: useCount } } }),
    })),
    dropped: dropped.map(({ firstSeq, lastSeq, reason }) => ({
      firstSeq: BigInt(firstSeq),
      lastSeq: BigInt(lastSeq),
      reason,
    })),
  });
  return toBinary(EventBatchSchema, batch);
}

function pick<Item>(from: readonly Item[], random: () => number): Item {
  return from[Math.floor(random() * from.length)] as Item;
}

function randomHex(random: () => number, sizeBytes: number): string {
  return Buffer.from(Array.from({ length: sizeBytes }, () => Math.floor(random() * 256))).toString('hex');
}
