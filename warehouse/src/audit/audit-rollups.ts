import type { AuditSession } from './audit-session.ts';
import { compareEventDay, compareFeatureDay, readTiers } from './compare-rollups.ts';
import type { Finding, NotJudged } from './finding.ts';
import type { ProductDay } from './read-days.ts';
import type { RollupName } from './rollup-recount.ts';
import { compareInStillMoment, type HoldLoads, type StillComparison } from './still-moment.ts';
import type { WholeDays } from './whole-days.ts';

/** What comparing rollups goes by. */
export interface RollupCircumstances {
  readonly holdLoads: HoldLoads;
  /** Products of which raw rows are missing. */
  readonly losses: ReadonlySet<string>;
}

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
  { holdLoads, losses }: RollupCircumstances,
): Promise<AuditedRollups> {
  const { day, product } = place;
  const gone = new Map<number, string>();
  const tiers = whole.mayHaveExpired(day, product) ? await readTiers(session, place) : [];
  for (const tier of tiers) {
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
    const doubt = doubtOf(found, losses.has(product));
    findings.push(...found.differences.map(({ name: text, surplus }) => toFinding(name, place, text, surplus, doubt)));
  }
  return { findings, notJudged };
}

/** Why the raw rows may not be what the rollup should be. */
function doubtOf({ differences, openSegments }: StillComparison, hasLosses: boolean): string | undefined {
  if (openSegments.length > 0) return `segment ${openSegments[0]} is announced and not loaded, which may be why`;
  if (hasLosses && differences.some(({ surplus }) => surplus > 0)) return 'raw rows are missing, which may be why';
  return undefined;
}

function toFinding(
  kind: RollupName,
  { day, product }: ProductDay,
  text: string,
  surplus: number,
  doubt: string | undefined,
): Finding {
  const detail = doubt === undefined ? text : `${text}; ${doubt}`;
  return { kind, day, product, amount: Math.abs(surplus), repairable: doubt === undefined, detail };
}
