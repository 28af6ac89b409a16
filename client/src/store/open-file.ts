import { Outcome as AckOutcome, DropReason, ErrorReason } from '@telemetry/gen/constants';
import { countCollectorDrops } from '../collector-drops.ts';
import { refusedEvents } from '../refused-events.ts';
import type { SealedBatch } from '../seal-batch.ts';
import type { Settlement } from '../upload.ts';
import type { Ack } from '../wire/decode-acks.ts';
import { dropsOf, type Edit, type Verdict } from './edit-records.ts';
import { isDeclarationFile, type StoreFile } from './file-name.ts';
import type { Outcome, ReportedDrop } from './outcome.ts';
import type { StoredRecord } from './stored-record.ts';

/** What was answered for a batch. */
interface Answer {
  readonly verdict: Verdict;
  readonly ack: Ack;
  readonly attempts: number;
  /** Its numbers are with the collector under other content: nothing of it can be stored or declared any more. */
  readonly isConflict: boolean;
}

/** A file whose batches are being sent. */
export interface OpenFile {
  /** The file, in the state in which it is now. */
  file: StoreFile;
  readonly records: readonly StoredRecord[];
  readonly answers: (Answer | undefined)[];
  /** Batches without an answer. */
  unanswered: number;
  /** How often declarations alone were refused: the next time they wait longer. */
  readonly refusals: number;
}

/** A batch of an open file, as an uploader has it. */
export interface OpenBatchOfFile extends SealedBatch {
  readonly from: OpenFile;
  readonly index: number;
}

export function openFile(file: StoreFile, records: readonly StoredRecord[], refusals = 0): OpenFile {
  return { file, records, answers: records.map(() => undefined), unanswered: records.length, refusals };
}

/** Notes what was answered for a batch; true: it was the last one of its file. */
export function noteAnswer(
  { from, index }: OpenBatchOfFile,
  settlement: Settlement,
  ack: Ack,
  attempts: number,
  uncertain: boolean,
): boolean {
  const isConflict = settlement === 'rejected' && ack.rejection?.reason === ErrorReason.SEQUENCE_CONFLICT;
  from.answers[index] = { verdict: verdictOf(settlement, ack, uncertain, isConflict), ack, attempts, isConflict };
  from.unanswered -= 1;
  return from.unanswered === 0;
}

/** Whether something of a file whose batches all have an answer has to be sent in another form. */
export function needsEdit({ answers }: OpenFile): boolean {
  return answers.some((answer) => answer?.verdict.kind !== 'done');
}

/** Whether nothing was refused but declarations, which can only be sent again as they are. */
export function isRefusedDeclaration({ records, answers }: OpenFile): boolean {
  return records.every(({ eventCount }, index) => eventCount === 0 || answers[index]?.verdict.kind === 'done');
}

/** What became of a file, by producer. */
export function outcomesOf(channel: string, open: OpenFile, edit: Edit | undefined): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const producer of new Set(open.records.map((record) => record.producer))) {
    const mine = open.records
      .map((record, index) => ({ record, answer: open.answers[index] }))
      .filter(({ record }) => record.producer === producer);
    const conflicts = mine.filter(({ answer }) => answer?.isConflict);
    const done = mine.filter(({ answer }) => answer?.verdict.kind === 'done' && !answer.isConflict);
    const conflictDrops = conflicts.flatMap(({ record, answer }) =>
      dropsOf(record, DropReason.REJECTED, problemOf(answer?.ack)),
    );
    const dropped: readonly ReportedDrop[] = [
      ...conflictDrops,
      ...(edit?.dropped.filter((drop) => drop.producer === producer) ?? []),
    ];
    const declared = [...conflicts, ...done].reduce((sum, { record }) => sum + record.declaredCount, 0);
    const lost = conflictDrops.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0);
    outcomes.set(producer, {
      channel,
      ordinal: isDeclarationFile(open.file) ? 0 : open.file.ordinal,
      taken: done.map(({ record, answer }) => takenBatch(record, answer as Answer)),
      dropped,
      refused: done.flatMap(({ record, answer }) => refusedEvents(record, (answer as Answer).ack)),
      declaredCount: declared + lost,
      settled: !edit?.records.some((record) => record.producer === producer && record.eventCount > 0),
    });
  }
  return outcomes;
}

function verdictOf(settlement: Settlement, ack: Ack, uncertain: boolean, isConflict: boolean): Verdict {
  if (settlement === 'taken' || isConflict) {
    return { kind: 'done' };
  }
  if (settlement === 'tooLarge' && !uncertain) {
    return { kind: 'tooLarge' };
  }
  const late = ack.rejection?.reason === ErrorReason.TIME_OUT_OF_RANGE;
  const reason = late ? DropReason.TIME_OUT_OF_RANGE : DropReason.REJECTED;
  return { kind: 'rejected', reason, problem: problemOf(ack) };
}

function problemOf(ack: Ack | undefined): string {
  return [ack?.rejection?.field, ack?.rejection?.message].filter((part) => part).join(': ') || 'refused';
}

function takenBatch(record: StoredRecord, { ack, attempts }: Answer): Outcome['taken'][number] {
  const { firstSeq, lastSeq, eventCount } = record;
  const droppedByReason = countCollectorDrops(ack, eventCount);
  const duplicate = ack.outcome === AckOutcome.DUPLICATE;
  return {
    firstSeq,
    lastSeq,
    eventCount,
    droppedByReason,
    attempts,
    duplicate,
    blacklistVersion: ack.blacklistVersion,
  };
}
