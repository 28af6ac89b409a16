import { commonRuns, joinRuns, minusRuns, type NumberRuns } from '../audit/number-runs.ts';
import type { ProducerNumbers, ProducerSummary } from './receiver.ts';

/** Which of the two receivers. */
export type Side = 'left' | 'right';

/**
 * - `missing`: the other receiver has stored these, and this one neither has them nor had them declared as dropped.
 * - `dropped`: the other has stored these, and to this one they were declared as dropped.
 * - `undeclared`: to the other these were declared as dropped, and this one has heard nothing of them.
 * - `repeated`: stored here more than once.
 */
export type DifferenceKind = 'missing' | 'dropped' | 'undeclared' | 'repeated';

/** Numbers of a producer about which two receivers do not agree. */
export interface Difference {
  readonly producer: string;
  readonly side: Side;
  readonly kind: DifferenceKind;
  readonly runs: NumberRuns;
}

/** The same producer in two receivers; one may not know it. */
export interface SummaryPair {
  readonly left: ProducerSummary | undefined;
  readonly right: ProducerSummary | undefined;
}

/** Brings two streams together that are both in the order of the producers, holding one of each at a time. */
export async function* pairSummaries(
  left: AsyncIterable<ProducerSummary>,
  right: AsyncIterable<ProducerSummary>,
): AsyncGenerator<SummaryPair> {
  const lefts = left[Symbol.asyncIterator]();
  const rights = right[Symbol.asyncIterator]();
  try {
    let [onLeft, onRight] = await Promise.all([lefts.next(), rights.next()]);
    while (onLeft.done !== true || onRight.done !== true) {
      const leftProducer = onLeft.done === true ? undefined : onLeft.value.producer;
      const rightProducer = onRight.done === true ? undefined : onRight.value.producer;
      const takesLeft = leftProducer !== undefined && (rightProducer === undefined || leftProducer <= rightProducer);
      const takesRight = rightProducer !== undefined && (leftProducer === undefined || rightProducer <= leftProducer);
      yield { left: takesLeft ? onLeft.value : undefined, right: takesRight ? onRight.value : undefined };
      if (takesLeft) onLeft = await lefts.next();
      if (takesRight) onRight = await rights.next();
    }
  } finally {
    await Promise.all([lefts.return?.(), rights.return?.()]);
  }
}

/** Whether both hold the same: the same numbers stored, each as often, and the same declared. */
export function agrees({ left, right }: SummaryPair): boolean {
  return (
    left !== undefined &&
    right !== undefined &&
    left.stored === right.stored &&
    left.declared === right.declared &&
    left.storedDigest === right.storedDigest &&
    left.declaredDigest === right.declaredDigest
  );
}

/** Names what two receivers do not agree about. */
export function differencesOf(producer: string, left: ProducerNumbers, right: ProducerNumbers): Difference[] {
  return [...differencesAt('left', producer, left, right), ...differencesAt('right', producer, right, left)];
}

function differencesAt(side: Side, producer: string, here: ProducerNumbers, there: ProducerNumbers): Difference[] {
  const heard = joinRuns([...here.stored, ...here.declared]);
  const onlyThere = minusRuns(there.stored, here.stored);
  const runsByKind: readonly (readonly [DifferenceKind, NumberRuns])[] = [
    ['missing', minusRuns(onlyThere, joinRuns(here.declared))],
    ['dropped', commonRuns(onlyThere, joinRuns(here.declared))],
    ['undeclared', minusRuns(minusRuns(joinRuns(there.declared), there.stored), heard)],
    ['repeated', here.repeated],
  ];
  return runsByKind.filter(([, runs]) => runs.length > 0).map(([kind, runs]) => ({ producer, side, kind, runs }));
}
