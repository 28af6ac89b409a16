import { InvalidArgumentError } from 'commander';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const DAY_OR_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * The moment that a text says: an age from now, such as `30d`, `12h` or `45m`, or a day or time as of ISO 8601, a time with its zone.
 *
 * @param nowMs milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws InvalidArgumentError when it is neither
 */
export function parseExpiry(text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return nowMs + Number(count) * (UNITS_MS[unit] ?? 0);
  const timeMs = Date.parse(text);
  if (!DAY_OR_TIME.test(text) || Number.isNaN(timeMs)) {
    throw new InvalidArgumentError(
      `"${text}" is none. Write 30d, 12h or 45m, a day as 2026-01-31, or 2026-01-31T18:00:00Z.`,
    );
  }
  return timeMs;
}
