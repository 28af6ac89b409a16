import { database } from '../migrations/database.ts';
import type { ProductDay } from './read-days.ts';
import type { RepairDesk } from './repair-desk.ts';
import { type RollupName, rollupColumns, rollupRecounts } from './rollup-recount.ts';
import { waitForMutations } from './wait-for-mutations.ts';

/**
 * Replaces the rows of a rollup, of one day and product, by a recount. Not by replacing the partition: that is a whole year of all products, and
 * would take out what came since. Cut short between the two steps, the day is missing; the next audit finds that and ends it, since raw rows
 * are whole.
 */
export async function repairRollup(desk: RepairDesk, name: RollupName, { day, product }: ProductDay): Promise<void> {
  const { session } = desk;
  const parameters = { day, product };
  const [recount] = await session.ask<{ rows: string }>(
    `SELECT count() AS rows FROM (${rollupRecounts[name]})`,
    parameters,
  );
  const action = name === 'event_day' ? 'recount event_day' : 'recount feature_day';
  await desk.make({ action, day, product, rows: Number(recount?.rows) }, async () => {
    await session.change(
      `ALTER TABLE ${database}.${name} DELETE WHERE day = {day:Date} AND product = {product:String}`,
      parameters,
    );
    await waitForMutations(session);
    // The engine would take the same rows again for a retry, and drop them.
    await session.change(
      `INSERT INTO ${database}.${name} (${rollupColumns[name]}) SETTINGS insert_deduplicate = 0 ${rollupRecounts[name]}`,
      parameters,
    );
  });
}
