import { expect, test } from 'vitest';
import { migratedEngine } from './support/migrated-engine.ts';
import { rows } from './support/rows.ts';

const client = await migratedEngine();

/** More than two merges take, of 34 parts or a few more. */
const loadsMax = 200;
/** 6 MB on disk, a little less than a load of a million usual events: texts that do not compress. The engine adds 5 MiB to each part when it compares them. */
const rowsOfLoad = 6_000;

interface Level {
  readonly level: number;
  readonly parts: number;
  readonly rows: number;
}

/** Active parts by how often their rows were merged. */
async function levels(): Promise<Level[]> {
  const found = await rows(
    client,
    `SELECT level, count() AS parts, sum(rows) AS rows FROM system.parts
      WHERE database = 'telemetry' AND table = 'events' AND active GROUP BY level ORDER BY level`,
  );
  return found.map(({ level, parts, rows }) => ({ level: Number(level), parts: Number(parts), rows: Number(rows) }));
}

test('what was merged is not merged again with what comes next', { timeout: 120_000 }, async () => {
  let loads = 0;
  let found: Level[] = [];
  // Until there are two parts of merges, or one of a merge of a merge.
  while (loads < loadsMax && !found.some(({ level, parts }) => level > 1 || (level === 1 && parts > 1))) {
    await client.command({
      query: `INSERT INTO telemetry.events (product, name, time, received_time, seq, fault_message)
        SELECT 'p', 'n', received_time, toDateTime64('2026-05-05 05:05:05', 6, 'UTC') AS received_time, number, randomString(1000)
        FROM numbers(${rowsOfLoad})`,
    });
    loads++;
    found = await levels();
  }
  const merged = found.filter(({ level }) => level > 0);
  expect(merged).toMatchObject([{ level: 1, parts: 2 }]);
  expect(found.reduce((sum, level) => sum + level.rows, 0)).toBe(loads * rowsOfLoad);
});
