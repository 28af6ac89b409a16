import { AUDIT_CLOCK_AHEAD_DAYS } from '../limits.ts';
import { retentionDays } from '../migrations/v0001/retention.ts';

const MS_PER_DAY = 86_400_000;

/** Code of the diagnostic tier in `tier_code`; that of the tier `long`. All others are kept like standard. */
const DIAGNOSTIC = 2;
const LONG = 3;

/** Rows that seem to have come before are kept as if they had come in 2090, see `events.ts`. */
export const FIRST_RECEIVE_DAY = '2020-01-01';

/** What is known of a product. */
export interface ProductHistory {
  /** First day, from `FIRST_RECEIVE_DAY` on, on which something was received by the ledger. */
  readonly firstDay: string;
  readonly hasDiagnostics: boolean;
}

/** Judges of which days all raw rows are still there. */
export class WholeDays {
  readonly #today: string;
  readonly #products: ReadonlyMap<string, ProductHistory>;

  /** @param today by the clock of the warehouse, `YYYY-MM-DD` */
  constructor(today: string, products: ReadonlyMap<string, ProductHistory>) {
    this.#today = today;
    this.#products = products;
  }

  /** Why the raw rows received on a day may have gone; undefined when they are whole. */
  whyNotReceived(day: string, product: string): string | undefined {
    if (day < FIRST_RECEIVE_DAY) return undefined;
    const hasDiagnostics = this.#products.get(product)?.hasDiagnostics ?? false;
    if (hasDiagnostics && day < this.#firstKept(retentionDays.diagnostic)) return expired('diagnostic');
    return day < this.#firstKept(retentionDays.standard) ? expired('standard') : undefined;
  }

  /**
   * Why raw rows of a tier with events on a day may have gone. Events may have come long after they happened, so a day is whole where
   * nothing of the product is old enough to have gone, or where it is so late that all of it was received within the time of keeping.
   */
  whyNotHappened(day: string, product: string, tierCode: number): string | undefined {
    const tier = tierCode === DIAGNOSTIC ? 'diagnostic' : tierCode === LONG ? 'long' : 'standard';
    const firstKept = this.#firstKept(retentionDays[tier]);
    const firstReceived = this.#products.get(product)?.firstDay ?? this.#today;
    if (firstReceived >= firstKept) return undefined;
    return day < dayAfter(firstKept, AUDIT_CLOCK_AHEAD_DAYS) ? expired(tier) : undefined;
  }

  /** Whether raw rows of any tier with events on a day may have gone. */
  mayHaveExpired(day: string, product: string): boolean {
    return this.whyNotHappened(day, product, DIAGNOSTIC) !== undefined;
  }

  /** First day of receiving of which nothing can have gone that is kept for so many days. */
  #firstKept(days: number): string {
    return dayAfter(this.#today, 1 - days);
  }
}

function expired(tier: keyof typeof retentionDays): string {
  return `raw rows of the tier ${tier} are kept ${retentionDays[tier]} days, and some of these may have gone`;
}

/** The day so many days later. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * MS_PER_DAY).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
