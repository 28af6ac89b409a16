import type { Finding, FindingKind } from './finding.ts';
import {
  commonRuns,
  countRuns,
  joinRuns,
  minusRuns,
  type NumberRuns,
  repeatedRuns,
  textOfRuns,
} from './number-runs.ts';
import type { BookedBatch, ProducerBooks } from './producer-books.ts';

/** A difference in the books of a producer, with the numbers and the batch that it concerns. */
export interface BookFinding extends Finding {
  readonly producerHex: string;
  readonly runs: NumberRuns;
  readonly batch?: BookedBatch;
}

/** Compares what the ledger says of a producer on a day with what is stored and declared. */
export function judgeBooks(books: ProducerBooks): BookFinding[] {
  const stored = joinRuns(books.stored.flatMap(({ runs }) => runs));
  const declared = joinRuns(books.declared);
  const runsOf = (state: BookedBatch['state']) =>
    joinRuns(books.batches.filter((batch) => batch.state === state).flatMap(({ runs }) => runs));
  const open = joinRuns([...runsOf('pending'), ...runsOf('rejected')]);
  const known = joinRuns([...runsOf('done'), ...open]);
  return [
    ...repeats(books),
    ...made(books, 'number_both', commonRuns(stored, declared), false, 'are stored, and declared as dropped as well'),
    ...made(
      books,
      'event_unknown',
      minusRuns(joinRuns([...stored, ...declared]), known),
      true,
      'are stored or declared, and in no batch of the ledger',
    ),
    ...books.batches
      .filter((batch, index) => batch.state === 'done' && firstOf(books, batch) === index)
      .flatMap((batch) => judgeBatch(books, batch, { stored, declared, open })),
  ];
}

/** Rows of the same number in `events`, ranges of the same number in `dropped`. */
function repeats(books: ProducerBooks): BookFinding[] {
  const twice = books.stored.filter(({ times }) => times > 1);
  const surplus = twice.reduce((sum, { times, runs }) => sum + (times - 1) * countRuns(runs), 0);
  const storedTwice = joinRuns(twice.flatMap(({ runs }) => runs));
  return [
    ...made(books, 'event_twice', storedTwice, true, 'have more than one row in events', surplus),
    ...made(books, 'drop_twice', repeatedRuns(books.declared), true, 'are declared as dropped more than once'),
  ];
}

/** Index of the first batch with this content. */
function firstOf({ batches }: ProducerBooks, batch: BookedBatch): number {
  return batches.findIndex(
    (other) =>
      other.contentDigest === batch.contentDigest &&
      (other.state !== 'rejected') === (batch.state !== 'rejected') &&
      textOfRuns(other.runs) === textOfRuns(batch.runs),
  );
}

interface Sets {
  readonly stored: NumberRuns;
  readonly declared: NumberRuns;
  /** Numbers of loads that may be going on, and of rejected batches. */
  readonly open: NumberRuns;
}

function judgeBatch(books: ProducerBooks, batch: BookedBatch, { stored, declared, open }: Sets): BookFinding[] {
  const settled = minusRuns(batch.runs, open);
  const present = commonRuns(settled, stored);
  const told = commonRuns(settled, declared);
  const missing = minusRuns(settled, joinRuns([...present, ...told]));
  const lost = countRuns(missing);
  const shortDrops = batch.droppedCount - countRuns(told);
  const from = `segment ${batch.segmentId} of collector ${batch.collectorId}`;
  if (lost === 0) {
    const stays = countRuns(settled) === countRuns(batch.runs);
    if (!stays || (countRuns(present) === batch.eventCount && countRuns(told) === batch.droppedCount)) return [];
    const detail = `batch ${textOfRuns(batch.runs)} of ${from} has ${countRuns(present)} events and ${countRuns(told)} drops, the ledger says ${batch.eventCount} and ${batch.droppedCount}`;
    return [{ ...heading(books, 'batch_count', false, 1, detail), runs: batch.runs, batch }];
  }
  if (shortDrops >= lost) {
    return made(books, 'drop_missing', missing, true, `of ${from} are not in dropped`, lost, batch);
  }
  const which = shortDrops > 0 ? `; ${shortDrops} of them were declared as dropped` : '';
  return made(
    books,
    'event_missing',
    missing,
    false,
    `of ${from} are not stored${which}`,
    lost - Math.max(0, shortDrops),
    batch,
  );
}

function made(
  books: ProducerBooks,
  kind: FindingKind,
  runs: NumberRuns,
  repairable: boolean,
  what: string,
  amount = countRuns(runs),
  batch?: BookedBatch,
): BookFinding[] {
  if (amount === 0) return [];
  const detail = `numbers ${textOfRuns(runs)} ${what}`;
  return [{ ...heading(books, kind, repairable, amount, detail), runs, ...(batch === undefined ? {} : { batch }) }];
}

function heading(books: ProducerBooks, kind: FindingKind, repairable: boolean, amount: number, detail: string) {
  const { day, product, producerHex } = books;
  return { kind, day, product, producerHex, amount, repairable, detail };
}
