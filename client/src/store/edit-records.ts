import { DropReason } from '@telemetry/gen/constants';
import { toRuns } from '../drop-ledger.ts';
import type { Gzip } from '../gzip.ts';
import { sealHalves, unseal } from '../seal-within-limits.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';
import { type Declaration, declarationOf, sealDeclarations, toRecord } from './declaration.ts';
import type { StoredRecord } from './stored-record.ts';

/** Events that the store has dropped after they were logged. */
export interface StoreDrop extends DroppedRange {
  /** Whose: 32 hexadecimal digits. */
  readonly producer: string;
  /** Why, for people. */
  readonly problem: string;
}

/** What was answered for a batch: it is done with; it must be made smaller; it is refused, and what is in it has to be declared. */
export type Verdict =
  | { readonly kind: 'done' | 'tooLarge' }
  | { readonly kind: 'rejected'; readonly reason: DropReason; readonly problem: string };

/** What a file holds from now on, and what was dropped to get there. */
export interface Edit {
  readonly records: readonly StoredRecord[];
  readonly dropped: readonly StoreDrop[];
}

/** What is left to send of batches that all have an answer. */
export function editRecords(answered: readonly { record: StoredRecord; verdict: Verdict }[], gzip: Gzip): Edit {
  const records: StoredRecord[] = [];
  const dropped: StoreDrop[] = [];
  const declarations: Declaration[] = [];
  for (const { record, verdict } of answered) {
    if (verdict.kind === 'rejected') {
      declarations.push(declarationOf(record, verdict.reason));
      dropped.push(...dropsOf(record, verdict.reason, verdict.problem));
    } else if (verdict.kind === 'tooLarge') {
      const { producer } = record;
      const parts = unseal(record);
      const halves = sealHalves(parts, gzip);
      const oversize = toRuns(halves.oversize).map((run) => ({ ...run, reason: DropReason.OVERSIZE }));
      records.push(...halves.batches.map((batch) => toRecord(batch, producer)));
      dropped.push(...oversize.map((run) => ({ ...run, producer, problem: 'larger than a batch may be, even alone' })));
      declarations.push({ producer, coreBytes: parts.coreBytes, ranges: [...oversize, ...halves.undeclared] });
    }
  }
  return { records: [...records, ...sealDeclarations(declarations, gzip)], dropped };
}

/** The events of a batch as drops; not what it declares, which was dropped before. */
export function dropsOf(record: StoredRecord, reason: DropReason, problem: string): StoreDrop[] {
  const { producer } = record;
  return toRuns(unseal(record).events.map(({ seq }) => seq)).map((run) => ({ ...run, producer, reason, problem }));
}
