import type { ClickHouseClient } from '@clickhouse/client';
import type { ProducerRows } from './producer-ledger.ts';

/** What the warehouse holds of a product. */
export interface ProductRows {
  readonly producers: ReadonlyMap<string, ProducerRows>;
  /** Events whose content is not that of their number. */
  readonly wrongContents: number;
  readonly rejected: number;
  /** Holes in the numbers of its producers, by the view that analysts have. */
  readonly holes: number;
}

/** Reads the numbers of all producers of a product. */
export async function readProducers(client: ClickHouseClient, product: string): Promise<ProductRows> {
  const rows = async <Row>(query: string): Promise<Row[]> => {
    const result = await client.query({ query, query_params: { product }, format: 'JSONCompactEachRow' });
    return result.json<Row>();
  };
  const producers = new Map<string, { events: number[]; declared: ProducerRows['declared'][number][] }>();
  const of = (producer: string) => {
    const known = producers.get(producer) ?? { events: [], declared: [] };
    producers.set(producer, known);
    return known;
  };
  const where = 'WHERE product = {product:String}';
  for (const [producer, events] of await rows<[string, (string | number)[]]>(
    `SELECT lower(hex(producer_id)), groupArray(seq) FROM telemetry.events ${where} GROUP BY producer_id`,
  )) {
    of(producer).events.push(...events.map(Number));
  }
  for (const [producer, firstSeq, lastSeq, reason] of await rows<[string, string, string, string]>(
    `SELECT lower(hex(producer_id)), first_seq, last_seq, toString(reason) FROM telemetry.dropped ${where}`,
  )) {
    of(producer).declared.push({ firstSeq: Number(firstSeq), lastSeq: Number(lastSeq), reason });
  }
  const [wrong] = await rows<[string]>(
    `SELECT countIf(properties['seq'] != toString(seq)) FROM telemetry.events ${where}`,
  );
  const [rejected] = await rows<[string]>('SELECT count() FROM telemetry.rejected');
  const [holes] = await rows<[string]>(
    "SELECT count() FROM telemetry.producer_hole(product = {product:String}, from = '1970-01-01', to = '2149-06-06')",
  );
  return { producers, wrongContents: Number(wrong?.[0]), rejected: Number(rejected?.[0]), holes: Number(holes?.[0]) };
}
