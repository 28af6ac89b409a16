/**
 * How many days the events of a tier are kept, counted from when they were received, not from when they happened: replayed history
 * would be gone on arrival otherwise.
 *
 * - standard: 13 months, so that a month can be compared with the same month of the year before.
 * - diagnostic: what nobody asks about after the next release.
 * - long: seven years, the usual time for business records.
 */
export const retentionDays = { standard: 400, diagnostic: 30, long: 2557 } as const;
