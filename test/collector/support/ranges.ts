import type { SequenceRanges } from '../../../collector/src/admission/sequence-ranges.ts';

/** The ranges of a set of numbers, in the simplest way. */
export function rangesOf(numbers: ReadonlySet<number>): number[] {
  const ranges: number[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (ranges.at(-1) === number - 1) ranges[ranges.length - 1] = number;
    else ranges.push(number, number);
  }
  return ranges;
}

/** All numbers of ranges. */
export function numbersOf(ranges: SequenceRanges): Set<number> {
  const numbers = new Set<number>();
  for (let index = 0; index < ranges.length; index += 2) {
    for (let number = ranges[index] as number; number <= (ranges[index + 1] as number); number++) numbers.add(number);
  }
  return numbers;
}

/** How many numbers of a set are in another. */
export function countIn(numbers: ReadonlySet<number>, others: ReadonlySet<number>): number {
  return [...numbers].filter((number) => others.has(number)).length;
}
