import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that the specification lies in; its links are relative to it. */
export const protoFolder = join(import.meta.dirname, '..', '..', 'proto');

/** The specification, `proto/README.md`. */
export const specification = readFileSync(join(protoFolder, 'README.md'), 'utf8');

/** One row of a table, by the names of the columns; code quotes taken off. */
export type TableRow = Readonly<Record<string, string>>;

/** The rows of the table whose first columns have these names. Throws when there is none. */
export function specificationTable(...columns: string[]): TableRow[] {
  const lines = specification.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${columns.join(' | ')} |`));
  if (start < 0) {
    throw new Error(`proto/README.md has no table with the columns ${columns.join(', ')}`);
  }
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  const [header = [], , ...rows] = lines.slice(start, end).map(cells);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}

/** The content of the only code block of that language. */
export function specificationBlock(language: string): string {
  const blocks = [...specification.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  const [only] = blocks;
  if (only?.[1] === undefined || blocks.length !== 1) {
    throw new Error(`proto/README.md has ${blocks.length} blocks of ${language}; this takes the only one`);
  }
  return only[1];
}
