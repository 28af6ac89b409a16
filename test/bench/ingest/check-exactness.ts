import type { ClickHouseClient } from '@clickhouse/client';
import { askNumber, askRows } from './ask.ts';
import type { LoadResult } from './load-generator.ts';

/** Different events are counted in slices of so many, since an exact count holds each in memory. */
const SLICE_EVENTS = 4_000_000;

/** Compares what is stored with what was acknowledged, event by event and in the rollups. Says what differs. */
export async function checkExactness(client: ClickHouseClient, acked: LoadResult): Promise<string[]> {
  const differences: string[] = [];
  const expect = (what: string, actual: number, expected: number) => {
    if (actual !== expected) differences.push(`${what}: ${actual}, acknowledged were ${expected}`);
  };
  expect('events', await askNumber(client, 'SELECT count() FROM telemetry.events'), acked.events);
  expect('different events', await countDifferent(client, acked.events), acked.events);
  expect('batches in the ledger', await askNumber(client, 'SELECT count() FROM telemetry.batch_ledger'), acked.batches);
  expect('sum of event_day', await askNumber(client, 'SELECT sum(events) FROM telemetry.event_day'), acked.events);
  const rows = await askRows<{ feature: string; events: number }>(
    client,
    'SELECT feature, toFloat64(sum(events)) AS events FROM telemetry.feature_day GROUP BY feature',
  );
  const stored = new Map(rows.map(({ feature, events }) => [feature, events]));
  for (const feature of new Set([...stored.keys(), ...Object.keys(acked.featureEvents)]))
    expect(`feature_day of ${feature}`, stored.get(feature) ?? 0, acked.featureEvents[feature] ?? 0);
  return differences;
}

async function countDifferent(client: ClickHouseClient, events: number): Promise<number> {
  const slices = Math.max(1, Math.ceil(events / SLICE_EVENTS));
  let different = 0;
  for (let slice = 0; slice < slices; slice++) {
    const where = `sipHash64(producer_id) % ${slices} = ${slice}`;
    different += await askNumber(client, `SELECT uniqExact(producer_id, seq) FROM telemetry.events WHERE ${where}`);
  }
  return different;
}
