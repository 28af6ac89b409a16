/** What differs between two collections of rows, each row as often as it is there too often or too rarely. */
export interface RowDifference {
  readonly missing: readonly string[];
  readonly surplus: readonly string[];
}

/** Compares rows as multisets: the order does not matter, the number does. */
export function compareRows(expected: readonly string[], stored: readonly string[]): RowDifference {
  const counts = new Map<string, number>();
  for (const row of expected) counts.set(row, (counts.get(row) ?? 0) + 1);
  const surplus: string[] = [];
  for (const row of stored) {
    const left = counts.get(row) ?? 0;
    if (left === 0) surplus.push(row);
    else counts.set(row, left - 1);
  }
  const missing = [...counts].flatMap(([row, left]) => Array<string>(left).fill(row));
  return { missing, surplus };
}
