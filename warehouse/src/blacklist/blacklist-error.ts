/**
 * Why the warehouse did not say or take what was asked.
 *
 * - `not-migrated`: the tables are not there. Run `migrate`, then try again.
 * - `unavailable`: the warehouse cannot be reached, or failed; `cause` says how. Try again later.
 */
export type BlacklistErrorKind = 'not-migrated' | 'unavailable';

/** The one error that the functions of the blacklist throw. */
export class BlacklistError extends Error {
  override readonly name = 'BlacklistError';
  readonly kind: BlacklistErrorKind;

  constructor(kind: BlacklistErrorKind, message: string, options: { readonly cause: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** Codes of ClickHouse: UNKNOWN_TABLE and UNKNOWN_DATABASE. */
const NOT_MIGRATED_CODES = new Set(['60', '81']);

/** Runs `work`; what it throws is said as a `BlacklistError`. */
export async function withBlacklistErrors<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const code = String((cause as { code?: unknown } | undefined)?.code);
    const kind = NOT_MIGRATED_CODES.has(code) ? 'not-migrated' : 'unavailable';
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new BlacklistError(kind, `${doing} failed: ${detail}`, { cause });
  }
}
