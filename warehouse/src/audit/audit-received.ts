import { AUDIT_BOOKS_AT_ONCE } from '../limits.ts';
import type { AuditSession } from './audit-session.ts';
import { findSuspects } from './find-suspects.ts';
import type { PendingSegment } from './finding.ts';
import { type BookFinding, judgeBooks } from './judge-books.ts';
import { readBooks } from './read-books.ts';
import type { ReceivedDay } from './read-days.ts';
import { readPending } from './read-pending.ts';
import { type JudgedSums, readReceivedSums } from './read-received-sums.ts';

/** What a day of receiving has come to. */
export interface AuditedDay {
  readonly sums: readonly JudgedSums[];
  readonly findings: readonly BookFinding[];
  readonly pending: readonly PendingSegment[];
  /** Whether there are more differences than were looked at. */
  readonly isCut: boolean;
}

/**
 * Compares ledger, raw events and drops of one day of receiving.
 *
 * @param products the day's products that can be judged
 * @param alsoProducers producers whose books are opened although their sums may agree, by product
 */
export async function auditReceivedDay(
  session: AuditSession,
  day: string,
  products: readonly ReceivedDay[],
  alsoProducers: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<AuditedDay> {
  const only = products.length === 1 ? (products[0]?.product ?? '') : '';
  const pending = await readPending(session, { from: day, to: day });
  const read = await readReceivedSums(session, day, only, pending);
  const sums: JudgedSums[] = [];
  const findings: BookFinding[] = [];
  let isCut = false;
  for (const { product, events } of products) {
    let productSums = read.find((row) => row.product === product);
    const producers = new Set(alsoProducers.get(product));
    if (productSums?.agrees === false) {
      const found = await findSuspects(session, day, product, Math.max(events, productSums.ledgerEvents));
      isCut ||= found.isCut;
      for (const { producerHex } of found.suspects) producers.add(producerHex);
      // Loads have gone on since: the sums that are shown are those of after.
      if (found.suspects.length === 0) {
        const loading = await readPending(session, { from: day, to: day });
        [productSums] = await readReceivedSums(session, day, product, loading);
      }
    }
    findings.push(...(await openBooks(session, day, product, [...producers])));
    if (productSums !== undefined) sums.push(productSums);
  }
  return { sums, findings, pending, isCut };
}

async function openBooks(
  session: AuditSession,
  day: string,
  product: string,
  producers: readonly string[],
): Promise<BookFinding[]> {
  const findings: BookFinding[] = [];
  for (let index = 0; index < producers.length; index += AUDIT_BOOKS_AT_ONCE) {
    const books = await readBooks(session, day, product, producers.slice(index, index + AUDIT_BOOKS_AT_ONCE));
    findings.push(...books.flatMap(judgeBooks));
  }
  return findings;
}
