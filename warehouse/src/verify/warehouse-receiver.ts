import type { ClickHouseClient } from '@clickhouse/client';
import { joinRuns, type NumberRuns } from '../audit/number-runs.ts';
import { AUDIT_QUERY_MEMORY_BYTES_MAX, AUDIT_QUERY_SPILL_BYTES, QUERY_TIME_LIMIT_MS } from '../limits.ts';
import { database } from '../migrations/database.ts';
import { digestOfRunSql } from './number-digest.ts';
import type { NamedEvent, ProducerNumbers, ProducerSummary, Receiver } from './receiver.ts';

/** Reads of a warehouse must not take it down, nor last for ever. */
const settings = {
  max_execution_time: QUERY_TIME_LIMIT_MS / 1000,
  max_memory_usage: String(AUDIT_QUERY_MEMORY_BYTES_MAX),
  max_bytes_before_external_group_by: String(AUDIT_QUERY_SPILL_BYTES),
  max_bytes_before_external_sort: String(AUDIT_QUERY_SPILL_BYTES),
} as const;

const ofProduct = '(empty({product:String}) OR product = {product:String})';
const ofProducers = 'producer_id IN (SELECT unhex(arrayJoin({producers:Array(String)})))';

/** A warehouse, as something that holds events: by its raw events and declared drops. */
export class WarehouseReceiver implements Receiver {
  readonly name: string;
  readonly #client: ClickHouseClient;
  readonly #product: string;
  readonly #signal: AbortSignal;

  /** @param product only this one; empty: all. */
  constructor(name: string, client: ClickHouseClient, product: string, signal: AbortSignal) {
    this.name = name;
    this.#client = client;
    this.#product = product;
    this.#signal = signal;
  }

  async *summaries(): AsyncGenerator<ProducerSummary> {
    const result = await this.#client.query({
      query: `
        SELECT lower(hex(producer_id)) AS producer, any(one_product) AS product, sum(stored) AS stored, sum(declared) AS declared,
          toString(sum(stored_sum)) AS stored_digest, toString(sum(declared_sum)) AS declared_digest
        FROM (
          SELECT producer_id, any(product) AS one_product, count() AS stored, 0::UInt64 AS declared,
            sum(${digestOfRunSql('seq', 'seq')}) AS stored_sum, 0::Int64 AS declared_sum
          FROM ${database}.events WHERE ${ofProduct} GROUP BY producer_id
          UNION ALL
          SELECT producer_id, any(product), 0::UInt64, sum(last_seq - first_seq + 1)::UInt64, 0::Int64,
            sum(${digestOfRunSql('first_seq', 'last_seq')})
          FROM ${database}.dropped WHERE ${ofProduct} GROUP BY producer_id)
        GROUP BY producer_id ORDER BY producer_id`,
      query_params: { product: this.#product },
      format: 'JSONEachRow',
      clickhouse_settings: settings,
      abort_signal: this.#signal,
    });
    for await (const rows of result.stream<Record<string, string>>()) {
      for (const row of rows) yield summaryOf(row.json());
    }
  }

  async numbers(producers: readonly string[]): Promise<ReadonlyMap<string, ProducerNumbers>> {
    const stored = await this.#ask<StoredRun>(
      `SELECT lower(hex(producer_id)) AS producer, min(seq) AS first, max(seq) AS last, copies > 1 AS repeated
       FROM (
         SELECT producer_id, seq, copies, seq - row_number() OVER (PARTITION BY producer_id, copies > 1 ORDER BY seq) AS island
         FROM (
           SELECT producer_id, seq, count() AS copies
           FROM ${database}.events WHERE ${ofProducers} AND ${ofProduct} GROUP BY producer_id, seq))
       GROUP BY producer_id, island, repeated ORDER BY producer_id, first`,
      { producers },
    );
    const declared = await this.#ask<StoredRun>(
      `SELECT lower(hex(producer_id)) AS producer, first_seq AS first, last_seq AS last, 0 AS repeated
       FROM ${database}.dropped WHERE ${ofProducers} AND ${ofProduct} ORDER BY producer_id, first`,
      { producers },
    );
    const runs = (rows: readonly StoredRun[]): NumberRuns =>
      joinRuns(rows.map(({ first, last }) => [Number(first), Number(last)]));
    const storedBy = Map.groupBy(stored, ({ producer }) => producer);
    const declaredBy = Map.groupBy(declared, ({ producer }) => producer);
    return new Map(
      producers.map((producer) => {
        const rows = storedBy.get(producer) ?? [];
        const repeated = rows.filter((row) => Number(row.repeated) === 1);
        return [
          producer,
          { stored: runs(rows), repeated: runs(repeated), declared: runs(declaredBy.get(producer) ?? []) },
        ];
      }),
    );
  }

  async events(producer: string, runs: NumberRuns, eventsMax: number): Promise<NamedEvent[]> {
    const rows = await this.#ask<{ seq: string; name: string; time_us: string }>(
      `SELECT seq, name, toUnixTimestamp64Micro(time) AS time_us FROM ${database}.events
       WHERE ${ofProducers} AND arrayExists((first, last) -> seq BETWEEN first AND last, {firsts:Array(UInt64)}, {lasts:Array(UInt64)})
       ORDER BY seq LIMIT {events_max:UInt32}`,
      {
        producers: [producer],
        firsts: runs.map(([first]) => first),
        lasts: runs.map(([, last]) => last),
        events_max: eventsMax,
      },
    );
    return rows.map(({ seq, name, time_us }) => ({ seq: Number(seq), name, timeUnixUs: Number(time_us) }));
  }

  async #ask<Row>(query: string, parameters: Record<string, unknown>): Promise<Row[]> {
    const result = await this.#client.query({
      query,
      query_params: { product: this.#product, ...parameters },
      format: 'JSONEachRow',
      clickhouse_settings: settings,
      abort_signal: this.#signal,
    });
    return await result.json<Row>();
  }
}

interface StoredRun {
  readonly producer: string;
  readonly first: string;
  readonly last: string;
  readonly repeated: number | string;
}

function summaryOf(row: Record<string, string>): ProducerSummary {
  return {
    producer: row['producer'] ?? '',
    product: row['product'] ?? '',
    stored: Number(row['stored']),
    declared: Number(row['declared']),
    storedDigest: BigInt(row['stored_digest'] ?? 0),
    declaredDigest: BigInt(row['declared_digest'] ?? 0),
  };
}
