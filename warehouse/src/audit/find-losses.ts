import type { AuditSession } from './audit-session.ts';
import { readReceivedDays } from './read-days.ts';
import { readPending } from './read-pending.ts';
import { readReceivedSums } from './read-received-sums.ts';
import type { WholeDays } from './whole-days.ts';

const firstDay = '1970-01-01';
const lastDay = '2149-06-06';

/**
 * Products of which raw rows are missing, on whatever day of receiving: what their rollups count too many may be these, and is the last that
 * is left of them.
 */
export async function findLosses(
  session: AuditSession,
  products: ReadonlySet<string>,
  whole: WholeDays,
): Promise<ReadonlySet<string>> {
  const losses = new Set<string>();
  for (const product of products) {
    for (const { day } of await readReceivedDays(session, { product, from: firstDay, to: lastDay })) {
      if (whole.whyNotReceived(day, product) !== undefined) continue;
      const pending = await readPending(session, { from: day, to: day });
      const [sums] = await readReceivedSums(session, day, product, pending);
      if (sums !== undefined && sums.ledgerEvents > sums.events) losses.add(product);
    }
  }
  return losses;
}
