import { AUDIT_BUCKET_ROWS, AUDIT_ROUND_PAUSE_MS, AUDIT_SUSPECT_ROUNDS, AUDIT_SUSPECTS_MAX } from '../limits.ts';
import type { AuditSession } from './audit-session.ts';
import { readPending } from './read-pending.ts';
import { differs, receivedUnion } from './received-union.ts';

/** A producer whose sums on a day do not agree. */
export interface Suspect {
  readonly producerHex: string;
  readonly product: string;
}

/** The suspects of a day. */
export interface Suspects {
  readonly suspects: readonly Suspect[];
  /** Whether there were more than are looked at in one go. */
  readonly isCut: boolean;
}

/**
 * Finds the producers whose sums on a day do not agree, in buckets that fit into memory. What a load has brought in the meantime differs
 * as well, and balances at the next look: only who differs each time stays.
 *
 * @param events rows of the day
 */
export async function findSuspects(
  session: AuditSession,
  day: string,
  product: string,
  events: number,
): Promise<Suspects> {
  let found = await lookOnce(session, day, product, events);
  for (let round = 1; round < AUDIT_SUSPECT_ROUNDS && found.hadPending && found.suspects.size > 0; round++) {
    await session.pause(AUDIT_ROUND_PAUSE_MS);
    const again = await lookOnce(session, day, product, events);
    if (found.isCut || again.isCut) found = again;
    else found = { ...again, suspects: new Map([...again.suspects].filter(([key]) => found.suspects.has(key))) };
  }
  return { suspects: [...found.suspects.values()], isCut: found.isCut };
}

interface Look {
  readonly suspects: ReadonlyMap<string, Suspect>;
  readonly isCut: boolean;
  readonly hadPending: boolean;
}

async function lookOnce(session: AuditSession, day: string, product: string, events: number): Promise<Look> {
  const pending = (await readPending(session, { from: day, to: day })).map(({ segmentId }) => segmentId);
  const buckets = Math.max(1, Math.ceil(events / AUDIT_BUCKET_ROWS));
  const suspects = new Map<string, Suspect>();
  let isCut = false;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const rows = await session.ask<{ producer: string; product: string }>(
      `SELECT lower(hex(producer_id)) AS producer, product
       FROM (${receivedUnion('producer_id, product', 'cityHash64(producer_id) % {buckets:UInt32} = {bucket:UInt32}')})
       GROUP BY producer_id, product HAVING ${differs} LIMIT ${AUDIT_SUSPECTS_MAX + 1}`,
      { day, product, pending, buckets, bucket },
    );
    isCut ||= rows.length > AUDIT_SUSPECTS_MAX;
    for (const row of rows.slice(0, AUDIT_SUSPECTS_MAX)) {
      suspects.set(`${row.producer} ${row.product}`, { producerHex: row.producer, product: row.product });
    }
    if (suspects.size >= AUDIT_SUSPECTS_MAX) break;
  }
  return { suspects, isCut, hadPending: pending.length > 0 };
}
