import type { ClickHouseClient } from '@clickhouse/client';
import { AUDIT_QUERY_MEMORY_BYTES_MAX, AUDIT_QUERY_SPILL_BYTES, QUERY_TIME_LIMIT_MS } from '../limits.ts';

type Parameters = Record<string, unknown>;

/** What an audit works with: a warehouse that is asked within limits. */
export class AuditSession {
  readonly #client: ClickHouseClient;
  readonly signal: AbortSignal;

  constructor(client: ClickHouseClient, signal: AbortSignal) {
    this.#client = client;
    this.signal = signal;
  }

  /** The rows of an answer; integers of 64 bits come as text. */
  async ask<Row>(query: string, parameters: Parameters = {}): Promise<Row[]> {
    const result = await this.#client.query({
      query,
      query_params: parameters,
      format: 'JSONEachRow',
      clickhouse_settings: settings,
      abort_signal: this.signal,
    });
    return await result.json<Row>();
  }

  /** Changes something. Ends when it is done, whatever the signal says: nobody could tell otherwise how far it got. */
  async change(query: string, parameters: Parameters = {}): Promise<void> {
    this.signal.throwIfAborted();
    await this.#client.command({ query, query_params: parameters, clickhouse_settings: settings });
  }

  /** Waits, or rejects when the audit is stopped. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(this.signal.reason);
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      if (this.signal.aborted) stop();
      else this.signal.addEventListener('abort', stop, { once: true });
    });
  }
}

const settings = {
  max_execution_time: QUERY_TIME_LIMIT_MS / 1000,
  max_memory_usage: String(AUDIT_QUERY_MEMORY_BYTES_MAX),
  max_bytes_before_external_group_by: String(AUDIT_QUERY_SPILL_BYTES),
  max_bytes_before_external_sort: String(AUDIT_QUERY_SPILL_BYTES),
  output_format_json_quote_64bit_integers: 1,
} as const;
