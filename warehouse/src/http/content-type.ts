const PLAIN = 'text/plain; charset=UTF-8';
const CONTENT_TYPES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^JSON.*EachRow|^NDJSON|^JSONL/i, 'application/x-ndjson; charset=UTF-8'],
  [/JSON/i, 'application/json; charset=UTF-8'],
  [/^(?:TabSeparated|TSV|TSKV)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV.*WithNames/i, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [/^(?:Markdown|MD)$/i, 'text/markdown; charset=UTF-8'],
  [/^(?:Pretty|Vertical|Values|SQLInsert|Prometheus|LineAsString)/i, PLAIN],
];

/** Content-Type of a result in `format`. */
export function contentType(format: string): string {
  return CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? 'application/octet-stream';
}
