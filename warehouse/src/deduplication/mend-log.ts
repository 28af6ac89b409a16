import type { PartName } from './part-name.ts';
import { parsePartName } from './part-name.ts';

/** A deduplication log after it was mended. */
export interface MendedLog {
  readonly text: string;
  /** Lines that were taken out: the parts that they name do not exist, or the line was cut off. */
  readonly removed: readonly string[];
}

/** `<operation>\t<part>\t<block id>`: 1 adds, 2 takes away. */
const linePattern = /^[12]\t([^\t]+)\t[^\t]+$/;
const addPrefix = '1\t';

/**
 * Takes out the lines of a deduplication log that name a part which does not exist, and a last line that was cut off.
 *
 * @param text the log: one record a line, oldest first.
 * @param parts all parts of the table that are on disk.
 */
export function mendDeduplicationLog(text: string, parts: readonly PartName[]): MendedLog {
  const byPartition = Map.groupBy(parts, (part) => part.partition);
  const removed: string[] = [];
  const kept = text.split('\n').filter((line, index, lines) => {
    if (line === '' && index === lines.length - 1) return false;
    const isWhole = index < lines.length - 1;
    const holds = isWhole && linePattern.test(line) && (!line.startsWith(addPrefix) || isOnDisk(line, byPartition));
    if (!holds) removed.push(line);
    return holds;
  });
  return { text: kept.map((line) => `${line}\n`).join(''), removed };
}

function isOnDisk(line: string, byPartition: ReadonlyMap<string, readonly PartName[]>): boolean {
  const added = parsePartName(line.split('\t')[1] ?? '');
  if (added === undefined) return false;
  const candidates = byPartition.get(added.partition) ?? [];
  return candidates.some((part) => part.firstBlock <= added.firstBlock && added.lastBlock <= part.lastBlock);
}
