import type { ClickHouseClient } from '@clickhouse/client';
import { LedgerRowEncoder } from '../../../warehouse/src/index.ts';
import { rows } from './rows.ts';
import { batchBytes, receivedTimeUnixUs, segmentOf } from './segment.ts';

const features = ['open', 'save', 'print', 'search', 'undo'];
const days = [Date.UTC(1999, 8, 28), Date.UTC(2001, 0, 1), Date.UTC(2026, 5, 1)];

/** A segment, and what announces it in the ledger. */
export interface TalliedSegment {
  readonly token: string;
  readonly bytes: Buffer;
  readonly ledgerRows: Uint8Array;
}

/** What the tables must hold after segments were loaded, counted here without any of the code under test. */
export class Tally {
  #producers = 0;
  #events = 0;
  #batches = 0;
  #drops = 0;
  readonly #features = new Map<string, { events: number; users: Set<string> }>();

  /** Makes a segment, and counts it. */
  segment(token: string, batches: number, random: () => number): TalliedSegment {
    const encoder = new LedgerRowEncoder('c1', token);
    const bytes = segmentOf(Array.from({ length: batches }, () => this.#batch(random, encoder)));
    return { token, bytes, ledgerRows: encoder.bytes };
  }

  #batch(random: () => number, encoder: LedgerRowEncoder): Uint8Array {
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const producerId = Buffer.alloc(16);
    this.#producers += 1;
    producerId.writeUInt32BE(this.#producers);
    const user = random() < 0.1 ? '' : `user-${Math.floor(random() * 2000)}`;
    const events = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, index) => {
      const feature = pick(features);
      const count = this.#features.get(feature) ?? { events: 0, users: new Set<string>() };
      count.events += 1;
      if (user !== '') count.users.add(user);
      this.#features.set(feature, count);
      const timeUnixUs = BigInt(pick(days)) * 1000n + BigInt(index);
      const data = { case: 'featureUse' as const, value: { feature } };
      return { seq: BigInt(index + 1), timeUnixUs, name: 'page.viewed', data };
    });
    const dropped = random() < 0.2 ? [{ firstSeq: 100n, lastSeq: 110n, reason: 2 as const }] : [];
    this.#events += events.length;
    this.#batches += 1;
    this.#drops += dropped.length;
    encoder.add({
      producerId,
      ranges: [1, events.length, ...dropped.flatMap(({ firstSeq, lastSeq }) => [Number(firstSeq), Number(lastSeq)])],
      eventCount: events.length,
      contentDigest: producerId.subarray(0, 8),
      receivedTimeUs: Number(receivedTimeUnixUs),
      product: Buffer.from('p'),
    });
    return batchBytes({ producerId, core: { user: { id: user }, product: { name: 'p' } }, events, dropped });
  }

  get expected(): Record<string, unknown> {
    return {
      events: this.#events,
      keys: this.#events,
      batches: this.#batches,
      batch_events: this.#events,
      drops: this.#drops,
      dropped_numbers: this.#drops * 11,
      by_day: this.#events,
      features: [...this.#features].map(([feature, { events, users }]) => [feature, events, users.size]).sort(byFirst),
    };
  }
}

export async function tallyOf(client: ClickHouseClient): Promise<Record<string, unknown>> {
  const query = `SELECT
    (SELECT count() FROM telemetry.events) AS events,
    (SELECT uniqExact(producer_id, seq) FROM telemetry.events) AS keys,
    (SELECT count() FROM telemetry.batch_ledger) AS batches,
    (SELECT sum(event_count) FROM telemetry.batch_ledger) AS batch_events,
    (SELECT count() FROM telemetry.dropped) AS drops,
    (SELECT toUInt32(sum(dropped_count)) FROM telemetry.batch_ledger) AS dropped_numbers,
    (SELECT sum(events) FROM telemetry.event_day) AS by_day,
    (SELECT arraySort(groupArray((feature, events, users))) FROM
      telemetry.feature_count(product = 'p', from = '1970-01-01', to = '2149-06-06')) AS features`;
  const [row] = await rows(client, query);
  return row ?? {};
}

function byFirst(left: readonly unknown[], right: readonly unknown[]): number {
  return String(left[0]) < String(right[0]) ? -1 : 1;
}
