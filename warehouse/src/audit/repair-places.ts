import { AUDIT_BOOKS_AT_ONCE } from '../limits.ts';
import type { Finding, FindingKind } from './finding.ts';

/** Producers of a day and a product, at most as many as one statement names. */
export interface RepairPlace {
  readonly day: string;
  readonly product: string;
  readonly producersHex: readonly string[];
}

/** Groups findings of some kinds by day and product. */
export function placesOf(findings: readonly Finding[], kinds: readonly FindingKind[]): RepairPlace[] {
  const chosen = findings.filter(({ kind }) => kinds.includes(kind));
  return [...Map.groupBy(chosen, ({ day, product }) => `${day} ${product}`).values()].flatMap((group) => {
    const producers = [...new Set(group.map(producerOf))];
    const { day, product } = group[0] as Finding;
    const places: RepairPlace[] = [];
    for (let index = 0; index < producers.length; index += AUDIT_BOOKS_AT_ONCE) {
      places.push({ day, product, producersHex: producers.slice(index, index + AUDIT_BOOKS_AT_ONCE) });
    }
    return places;
  });
}

/** Producer of a finding; empty when it concerns none. */
export function producerOf({ producerHex }: Finding): string {
  return producerHex ?? '';
}
