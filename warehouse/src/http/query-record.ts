/** What was asked, by whom, and what came of it. The engine keeps no `query_log`; this stands in for it. */
export type QueryRecord = {
  readonly queryId: string;
  /** Statement as sent, cut to the first few kilobytes; without the data of an INSERT. */
  readonly query: string;
  readonly kind: 'select' | 'insert' | 'other' | 'unknown';
  readonly user: string | undefined;
  readonly client: string | undefined;
  readonly durationMs: number;
  readonly resultRows: number;
  readonly writtenRows: number;
  /** ClickHouse's error code; 0 when all went well. */
  readonly exceptionCode: number;
};
