import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seededRandom } from './random.ts';

/** The real page views, where they lie beside the checkout. */
const realFile = join(import.meta.dirname, '../../../shared/data/msnbc990928.seq.gz');

const categories = ['frontpage', 'news', 'tech', 'local', 'opinion', 'on-air', 'misc', 'weather', 'health'];

/** Events and users of a feature, counted by this file's own few lines and none of the product's. */
export interface ExpectedCount {
  readonly feature: string;
  readonly events: number;
  readonly users: number;
}

/**
 * Writes a sequence file of so many users to `path`: the first ones of the real file, or, where that is not there, users made from a
 * seed with the same long tail.
 */
export function writeSequenceFile(
  path: string,
  users: number,
  seed: number,
): { source: string; expected: ExpectedCount[] } {
  const isReal = existsSync(realFile);
  const text = isReal ? gunzipSync(readFileSync(realFile)).toString('latin1') : madeUp(users, seed);
  const lines = text.split('\n');
  const firstUser = lines.findIndex((line) => /^\d/.test(line));
  const chosen = lines.slice(firstUser, firstUser + users);
  writeFileSync(path, [...lines.slice(0, firstUser), ...chosen, ''].join('\n'));
  const names =
    lines
      .find((line) => line.startsWith('frontpage'))
      ?.trim()
      .split(/\s+/) ?? [];
  return {
    source: isReal ? 'the real page views' : `made-up page views, seed ${seed}`,
    expected: count(names, chosen),
  };
}

function count(names: readonly string[], lines: readonly string[]): ExpectedCount[] {
  const counts = new Map<string, { events: number; users: number }>();
  for (const line of lines) {
    const views = line
      .trim()
      .split(/\s+/)
      .map((view) => names[Number(view) - 1] ?? '?');
    for (const feature of views) {
      const known = counts.get(feature) ?? { events: 0, users: 0 };
      counts.set(feature, { ...known, events: known.events + 1 });
    }
    for (const feature of new Set(views)) {
      const known = counts.get(feature) ?? { events: 0, users: 0 };
      counts.set(feature, { ...known, users: known.users + 1 });
    }
  }
  const rows = [...counts].map(([feature, { events, users }]) => ({ feature, events, users }));
  return rows.sort((a, b) => b.events - a.events || (a.feature < b.feature ? -1 : 1));
}

function madeUp(users: number, seed: number): string {
  const random = seededRandom(seed);
  const lines = ['% Made up by a test, in the format of the page views of msnbc.com', '', categories.join(' '), ''];
  for (let user = 0; user < users; user++) {
    const length = Math.max(1, Math.floor(2 / (random() + 0.001)));
    lines.push(Array.from({ length }, () => 1 + Math.floor(random() ** 2 * categories.length)).join(' '));
  }
  return lines.join('\n');
}
