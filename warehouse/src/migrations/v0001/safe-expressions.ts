/**
 * Expressions of the views that take any input. A view must never throw: the row that made it throw would fail its segment, and every
 * retry of it.
 */

/** The last microsecond of 2149-06-06, where the type Date ends. */
const lastTimeUnixUs = 65_536 * 86_400 * 1_000_000 - 1;

/**
 * A time from microseconds since 1970, moved into the years 1970 to 2149 that Date and DateTime64 both hold. The collector accepts
 * none outside of them; what gets here past it is kept at the edge rather than refused for ever.
 */
export function safeTime(unixUs: string): string {
  return `fromUnixTimestamp64Micro(least(greatest(${unixUs}, 0), ${lastTimeUnixUs}), 'UTC')`;
}

/** Sixteen bytes from a string of any length: cut, or padded with zero bytes. */
export function safeProducerId(bytes: string): string {
  return `toFixedString(substring(${bytes}, 1, 16), 16)`;
}

/** The day, in UTC, of a time in microseconds since 1970, moved into the range of Date. */
export function safeDay(unixUs: string): string {
  return `toDate(${safeTime(unixUs)})`;
}

/**
 * What users are told apart by: 16 bytes from the key id and the id, the same id under different keys being different users. SipHash with
 * 128 bits: a million users collide with a chance of 1 in 10^27.
 */
export function userKey(hashKeyId: string, userId: string): string {
  return `sipHash128(${hashKeyId}, ${userId})`;
}
