import type { LedgerBatch } from './find-overlaps.ts';
import type { Finding } from './finding.ts';
import { countRuns, repeatedRuns, textOfRuns } from './number-runs.ts';

/** What is wrong with batches that share numbers. */
export function judgeOverlaps(batches: readonly LedgerBatch[]): Finding[] {
  const byProducer = Map.groupBy(batches, ({ producerHex }) => producerHex);
  return [...byProducer.values()].flatMap(judgeProducer);
}

function judgeProducer(batches: readonly LedgerBatch[]): Finding[] {
  const findings: Finding[] = [];
  const firsts = new Map<string, LedgerBatch>();
  for (const batch of batches) {
    const key = `${batch.contentDigest} ${textOfRuns(batch.runs, Number.POSITIVE_INFINITY)}`;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, batch);
    else findings.push(twice(batch, first));
  }
  const shared = repeatedRuns([...firsts.values()].flatMap(({ runs }) => runs));
  const [one] = batches;
  if (one !== undefined && shared.length > 0) {
    const detail = `numbers ${textOfRuns(shared)} are in batches of the ledger with different content`;
    findings.push({ ...heading(one), kind: 'batch_overlap', amount: countRuns(shared), repairable: false, detail });
  }
  return findings;
}

function twice(batch: LedgerBatch, first: LedgerBatch): Finding {
  const both = `segment ${batch.segmentId} of collector ${batch.collectorId} and segment ${first.segmentId} of collector ${first.collectorId}`;
  const detail = `batch ${textOfRuns(batch.runs)} is in the ledger more than once: ${both}`;
  return { ...heading(batch), kind: 'batch_twice', amount: 1, repairable: true, detail };
}

function heading({ day, product, producerHex }: LedgerBatch) {
  return { day, product, producerHex };
}
