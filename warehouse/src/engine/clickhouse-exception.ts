/** Codes this process raises by itself; all others come from the engine. */
export const CLICKHOUSE_CODES = {
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  FILE_DOESNT_EXIST: 107,
  TIMEOUT_EXCEEDED: 159,
  REQUIRED_PASSWORD: 194,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  QUERY_IS_TOO_LARGE: 229,
  ABORTED: 236,
  NOT_ENOUGH_SPACE: 243,
  INTO_OUTFILE_NOT_ALLOWED: 358,
  QUERY_WAS_CANCELLED: 394,
  SETTING_CONSTRAINT_VIOLATION: 452,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  UNKNOWN_EXCEPTION: 1002,
} as const;

export type ClickHouseCodeName = keyof typeof CLICKHOUSE_CODES;

/** `Code: 60. DB::Exception: text. (UNKNOWN_TABLE)`, perhaps with the binding's own words before it. */
const ENGINE_MESSAGE =
  /Code: (\d+)\. (?:DB::)?Exception: ([\s\S]*?)\.?\s*(?:\(version [^)]*\)\s*)?\.?\s*\(([A-Z][A-Z0-9_]+)\)\s*$/;
// The embedded engine repeats the frame it wraps: `Code: 164. DB::Exception: Code: 164. DB::Exception: ...`.
const REPEATED_FRAME = /^(?:Code: \d+\. DB::Exception: )+/;
const INNER_TAIL = /\.?\s*(?:\([A-Z][A-Z0-9_]+\))?\s*(?:\(version [^)]*\))?\.?$/;

/** A query's failure in ClickHouse's own terms: code, name of the code, and text. */
export class ClickHouseException extends Error {
  override readonly name = 'ClickHouseException';
  readonly code: number;
  readonly codeName: string;

  constructor(code: number, codeName: string, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
    this.codeName = codeName;
  }

  /** An exception of this process's own making. */
  static of(codeName: ClickHouseCodeName, message: string, options?: { readonly cause: unknown }): ClickHouseException {
    return new ClickHouseException(CLICKHOUSE_CODES[codeName], codeName, message, options);
  }

  /** Whatever was thrown, as a ClickHouse exception; what the engine says about itself is kept. */
  static from(error: unknown): ClickHouseException {
    if (error instanceof ClickHouseException) return error;
    const text = error instanceof Error ? error.message : String(error);
    const match = ENGINE_MESSAGE.exec(text);
    if (match?.[1] !== undefined && match[2] !== undefined && match[3] !== undefined) {
      const inner = match[2].replace(REPEATED_FRAME, '');
      const message = inner === match[2] ? inner : inner.replace(INNER_TAIL, '');
      return new ClickHouseException(Number(match[1]), match[3], message, { cause: error });
    }
    return ClickHouseException.of('UNKNOWN_EXCEPTION', text, { cause: error });
  }

  /** The text as ClickHouse writes it into a response body, without a line end. */
  render(engineVersion: string): string {
    return `Code: ${this.code}. DB::Exception: ${this.message}. (${this.codeName}) (version ${engineVersion} (embedded))`;
  }
}
