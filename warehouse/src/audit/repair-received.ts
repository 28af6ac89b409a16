import { database } from '../migrations/database.ts';
import type { Finding } from './finding.ts';
import type { BookFinding } from './judge-books.ts';
import { ofProducers } from './read-books.ts';
import type { RepairDesk } from './repair-desk.ts';
import { placesOf, producerOf, type RepairPlace } from './repair-places.ts';
import { restoreBatches } from './restore-batches.ts';
import { restoreDrops } from './restore-drops.ts';

/**
 * Repairs what can be repaired of what came in: first what is there too often, then what is missing. Producers with numbers that were given to
 * different contents are left alone: which of them is right nobody can tell.
 *
 * @returns how many changes were made
 */
export async function repairReceived(desk: RepairDesk, findings: readonly (Finding | BookFinding)[]): Promise<number> {
  const contested = new Set(findings.filter(({ kind }) => kind === 'batch_overlap').map(producerOf));
  const clear = findings.filter((finding) => finding.repairable && !contested.has(producerOf(finding)));
  let changes = 0;
  // A batch that two collectors have loaded is twice in all three, as a rule on the same day.
  for (const place of placesOf(clear, ['batch_twice'])) {
    changes += await removeSurplus(desk, 'batch_ledger', 'remove surplus batches', place, surplusBatches);
    changes += await removeSurplus(desk, 'events', 'remove surplus events', place, surplusEvents('1'));
    changes += await removeSurplus(desk, 'dropped', 'remove surplus drops', place, surplusDrops('1'));
  }
  const received = 'toDate(received_time) = {day:Date}';
  for (const place of placesOf(clear, ['event_twice'])) {
    changes += await removeSurplus(desk, 'events', 'remove surplus events', place, surplusEvents(received));
  }
  for (const place of placesOf(clear, ['drop_twice'])) {
    changes += await removeSurplus(desk, 'dropped', 'remove surplus drops', place, surplusDrops(received));
  }
  if (changes > 0) return changes;
  const books = clear.filter((finding): finding is BookFinding => 'runs' in finding);
  changes += await restoreBatches(
    desk,
    books.filter(({ kind }) => kind === 'event_unknown'),
  );
  return (
    changes +
    (await restoreDrops(
      desk,
      books.filter(({ kind }) => kind === 'drop_missing'),
    ))
  );
}

type Surplus = (producers: string) => string;

async function removeSurplus(
  desk: RepairDesk,
  table: string,
  action: 'remove surplus events' | 'remove surplus batches' | 'remove surplus drops',
  { day, product, producersHex }: RepairPlace,
  surplus: Surplus,
): Promise<number> {
  const removed = await desk.removeRows({ action, day, product }, table, surplus(ofProducers(producersHex)), { day });
  return removed > 0 ? 1 : 0;
}

/** All but the first received of each number. */
function surplusEvents(where: string): Surplus {
  return (producers) => `
    SELECT _part, _part_offset FROM (
      SELECT _part, _part_offset, row_number() OVER (
        PARTITION BY producer_id, seq ORDER BY received_time, collector_id, _part, _part_offset) AS place
      FROM ${database}.events WHERE ${where} AND ${producers}) WHERE place > 1`;
}

/** All but the first received of each range. */
function surplusDrops(where: string): Surplus {
  return (producers) => `
    SELECT _part, _part_offset FROM (
      SELECT _part, _part_offset, row_number() OVER (
        PARTITION BY producer_id, first_seq, last_seq ORDER BY received_time, collector_id, _part, _part_offset) AS place
      FROM ${database}.dropped WHERE ${where} AND ${producers}) WHERE place > 1`;
}

/** All but the first received of each batch, of those whose load is done; rejected ones are not stored. */
const surplusBatches: Surplus = (producers) => `
  SELECT _part, _part_offset FROM (
    SELECT _part, _part_offset, row_number() OVER (
      PARTITION BY producer_id, content_digest, first_seq, last_seq ORDER BY received_time, collector_id, segment_id, _part, _part_offset) AS place
    FROM ${database}.batch_ledger
    WHERE notEmpty(segment_id) AND ${producers}
      AND segment_id IN (SELECT segment_id FROM ${database}.segment_load WHERE segment_id IN (
        SELECT segment_id FROM ${database}.batch_ledger WHERE ${producers}))
      AND (segment_id, producer_id, content_digest) NOT IN (
        SELECT segment_id, producer_id, content_digest FROM ${database}.rejected WHERE in_ledger)) WHERE place > 1`;
