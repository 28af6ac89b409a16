/**
 * Sets of event numbers as sorted, disjoint, inclusive ranges in one flat list: `[first, last, first, last, …]`. Most batches are one
 * range, so the flat form costs one small array.
 */
export type SequenceRanges = readonly number[];

/** Adds a range that is above all before it, joining it to the last where it is next to it. */
export function appendRange(ranges: number[], first: number, last: number): void {
  const lastIndex = ranges.length - 1;
  if (lastIndex >= 0 && ranges[lastIndex] === first - 1) ranges[lastIndex] = last;
  else ranges.push(first, last);
}

/** Sorts ranges by their start and joins neighbours. Undefined when any two of them overlap. */
export function joinDisjoint(ranges: SequenceRanges): SequenceRanges | undefined {
  if (ranges.length <= 2) return ranges;
  const pairs: [number, number][] = [];
  for (let index = 0; index < ranges.length; index += 2)
    pairs.push([ranges[index] as number, ranges[index + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, last] of pairs) {
    const previousLast = joined[joined.length - 1];
    if (previousLast !== undefined && first <= previousLast) return undefined;
    if (previousLast !== undefined && first === previousLast + 1) joined[joined.length - 1] = last;
    else joined.push(first, last);
  }
  return joined;
}

/** How much of one set lies in another. */
export type Coverage = 'none' | 'partial' | 'whole';

/** How much of `ranges` lies in `within`. */
export function coverage(ranges: SequenceRanges, within: SequenceRanges): Coverage {
  let covered = 0;
  let total = 0;
  let cursor = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    const first = ranges[index] as number;
    const last = ranges[index + 1] as number;
    total += last - first + 1;
    while (cursor < within.length && (within[cursor + 1] as number) < first) cursor += 2;
    for (let other = cursor; other < within.length && (within[other] as number) <= last; other += 2) {
      covered += Math.min(last, within[other + 1] as number) - Math.max(first, within[other] as number) + 1;
    }
  }
  if (covered === 0) return 'none';
  return covered === total ? 'whole' : 'partial';
}

/** Union of two sets. */
export function union(left: SequenceRanges, right: SequenceRanges): SequenceRanges {
  const result: number[] = [];
  let leftIndex = 0;
  let rightIndex = 0;
  while (leftIndex < left.length || rightIndex < right.length) {
    const takeLeft =
      rightIndex >= right.length ||
      (leftIndex < left.length && (left[leftIndex] as number) <= (right[rightIndex] as number));
    const first = (takeLeft ? left[leftIndex] : right[rightIndex]) as number;
    const last = (takeLeft ? left[leftIndex + 1] : right[rightIndex + 1]) as number;
    if (takeLeft) leftIndex += 2;
    else rightIndex += 2;
    const previousLast = result[result.length - 1];
    if (previousLast !== undefined && first <= previousLast + 1)
      result[result.length - 1] = Math.max(previousLast, last);
    else result.push(first, last);
  }
  return result;
}
