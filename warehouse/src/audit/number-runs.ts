/** A set of event numbers: inclusive runs `[first, last]`, sorted, disjoint, no two next to each other. */
export type NumberRuns = readonly (readonly [number, number])[];

/** All numbers that are in any of the runs. */
export function joinRuns(runs: NumberRuns): NumberRuns {
  const joined: [number, number][] = [];
  for (const [first, last] of [...runs].sort((left, right) => left[0] - right[0])) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Numbers of one set that are not in another. Both are sorted and disjoint. */
export function minusRuns(runs: NumberRuns, without: NumberRuns): NumberRuns {
  const rest: [number, number][] = [];
  let cursor = 0;
  for (const [first, last] of runs) {
    let from = first;
    while (cursor < without.length && (without[cursor]?.[1] ?? 0) < from) cursor++;
    for (let index = cursor; index < without.length; index++) {
      const [cutFirst, cutLast] = without[index] as readonly [number, number];
      if (cutFirst > last) break;
      if (cutFirst > from) rest.push([from, cutFirst - 1]);
      from = Math.max(from, cutLast + 1);
    }
    if (from <= last) rest.push([from, last]);
  }
  return rest;
}

/** Numbers that are in both sets. */
export function commonRuns(left: NumberRuns, right: NumberRuns): NumberRuns {
  return minusRuns(left, minusRuns(left, right));
}

/** How many numbers. */
export function countRuns(runs: NumberRuns): number {
  return runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Numbers that are in more than one of the runs, which may overlap. */
export function repeatedRuns(runs: NumberRuns): NumberRuns {
  const repeated: [number, number][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const [first, last] of [...runs].sort((left, right) => left[0] - right[0])) {
    if (first <= end) repeated.push([first, Math.min(last, end)]);
    end = Math.max(end, last);
  }
  return joinRuns(repeated);
}

/** As people write them: `1-4, 9`. */
export function textOfRuns(runs: NumberRuns, runsMax = 5): string {
  const texts = runs.slice(0, runsMax).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return runs.length > runsMax ? `${texts.join(', ')} and ${runs.length - runsMax} more runs` : texts.join(', ');
}
