import type { AuditSession } from './audit-session.ts';
import { compareEventDay, compareFeatureDay, type RollupDifference, readTiers } from './compare-rollups.ts';
import type { Finding, NotJudged } from './finding.ts';
import type { ProductDay } from './read-days.ts';
import type { RollupName } from './rollup-recount.ts';
import { compareInStillMoment, type HoldLoads } from './still-moment.ts';
import type { WholeDays } from './whole-days.ts';

/** What the rollups of a day and a product have come to. */
export interface AuditedRollups {
  readonly findings: readonly Finding[];
  readonly notJudged: readonly NotJudged[];
}

const comparisons = { event_day: compareEventDay, feature_day: compareFeatureDay };

/** Compares the rollups of a day and a product with a recount of the raw events. */
export async function auditRollups(
  session: AuditSession,
  place: ProductDay,
  whole: WholeDays,
  holdLoads: HoldLoads,
): Promise<AuditedRollups> {
  const { day, product } = place;
  const gone = new Map<number, string>();
  for (const tier of await readTiers(session, place)) {
    const why = whole.whyNotHappened(day, product, tier);
    if (why !== undefined) gone.set(tier, why);
  }
  const whyNot = [...gone.values()][0];
  const notJudged: NotJudged[] =
    whyNot === undefined
      ? []
      : [
          { what: 'event_day', day, product, why: whyNot },
          { what: 'feature_day', day, product, why: whyNot },
        ];
  const findings: Finding[] = [];
  for (const name of ['event_day', 'feature_day'] as const) {
    // A row of `feature_day` does not tell the tiers apart, and what is repaired is a day as a whole.
    if (whyNot !== undefined) continue;
    const found = await compareInStillMoment(session, product, () => comparisons[name](session, place), holdLoads);
    findings.push(...found.differences.map((difference) => toFinding(name, place, difference, found.openSegments)));
  }
  return { findings, notJudged };
}

function toFinding(
  kind: RollupName,
  { day, product }: ProductDay,
  { name, surplus }: RollupDifference,
  openSegments: readonly string[],
): Finding {
  const isOpen = openSegments.length > 0;
  const detail = isOpen ? `${name}; segment ${openSegments[0]} is announced and not loaded, which may be why` : name;
  return { kind, day, product, amount: Math.abs(surplus), repairable: !isOpen, detail };
}
