import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryShareBytes } from '../../warehouse/src/engine/memory-limit.ts';
import { spoolToFile } from '../../warehouse/src/http/request-body.ts';
import * as limits from '../../warehouse/src/limits.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;
beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  await warehouse.sql('CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a');
});
afterAll(() => warehouse.remove());

/** Text filled with blanks to a size in bytes. */
const filled = (text: string, sizeBytes: number) => text + ' '.repeat(sizeBytes - text.length);

describe('the text of a statement', () => {
  test.each([limits.QUERY_TEXT_BYTES_MAX - 1, limits.QUERY_TEXT_BYTES_MAX])(
    'of %i bytes is read',
    async (sizeBytes) => {
      // Blanks: the engine's own bound on what it parses, `max_query_size`, is lower.
      const answer = await warehouse.post(filled('SELECT 1', sizeBytes), { max_query_size: String(2 ** 30) });
      expect(answer.text).not.toMatch(/at most 16777216/);
    },
  );

  test('of one byte more is refused, with the bound', async () => {
    const answer = await warehouse.post(filled('SELECT 1', limits.QUERY_TEXT_BYTES_MAX + 1));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).toContain(String(limits.QUERY_TEXT_BYTES_MAX));
  });
});

describe('what stands before the data of an INSERT', () => {
  const insert = (headBytes: number) => {
    const [start, end] = ['INSERT INTO default.t ', 'FORMAT CSV\n'];
    return warehouse.post(`${filled(start, headBytes - end.length)}${end}1\n`);
  };

  test.each([limits.INSERT_HEAD_BYTES_MAX / 2, limits.INSERT_HEAD_BYTES_MAX - 10])(
    'may have %i bytes',
    async (sizeBytes) => {
      expect((await insert(sizeBytes)).text).toBe('');
    },
  );

  test('may not have more', async () => {
    const answer = await insert(2 * limits.INSERT_HEAD_BYTES_MAX);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

describe('the data of an INSERT', () => {
  async function* bodyOf(...sizes: number[]) {
    for (const size of sizes) yield new Uint8Array(size);
  }

  test('below and at the bound goes to its file; above it is refused, and leaves none', async () => {
    const path = join(temporaryFolder(), 'data');
    for (const sizes of [
      [50, 49],
      [50, 50],
    ]) {
      expect(await spoolToFile(path, bodyOf(...sizes), 100)).toBe(sizes.reduce((sum, size) => sum + size));
      expect(statSync(path).size).toBe(sizes.reduce((sum, size) => sum + size));
      rmSync(path);
    }
    await expect(spoolToFile(path, bodyOf(50, 51), 100)).rejects.toThrow(/100/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('the head of a request', () => {
  const ask = (sizeBytes: number) =>
    fetch(`${warehouse.url}/?query=SELECT+1`, { headers: { 'X-Filler': 'x'.repeat(sizeBytes) } });

  test('may have nearly as many bytes as the bound', async () => {
    expect((await ask(limits.HTTP_HEADER_BYTES_MAX - 2_000)).status).toBe(200);
  });

  test('that has more is refused', async () => {
    expect((await ask(limits.HTTP_HEADER_BYTES_MAX + 1)).status).toBe(431);
  });
});

describe('a failure in the middle of a result', () => {
  /** Rows of some 1,000 bytes, and an error behind so many of them. */
  const failing = (sizeBytes: number) =>
    `SELECT throwIf(number = ${Math.floor(sizeBytes / 1_000)}), repeat('x', 990) FROM numbers(100000) SETTINGS max_block_size = 100, max_threads = 1 FORMAT TSV`;
  const statusOf = async (sizeBytes: number, search: Record<string, string> = {}) => {
    const url = `${warehouse.url}/?${new URLSearchParams({ query: failing(sizeBytes), ...search })}`;
    const answer = await fetch(url);
    await answer.text().catch(() => '');
    return answer.status;
  };

  test.each([
    ['held back', limits.RESPONSE_HOLD_BYTES, {}],
    ['held back whole', limits.RESPONSE_HOLD_BYTES_WHOLE, { wait_end_of_query: '1' }],
  ])('has a status of its own in what is %s, and comes too late for it behind', async (_, holdBytes, search) => {
    expect(await statusOf(holdBytes / 2, search)).toBe(500);
    expect(await statusOf(1.5 * holdBytes, search)).toBe(200);
  });
});

describe('the memory of the engine', () => {
  const GIB = 1024 ** 3;
  const turn = limits.SERVER_MEMORY_BYTES_MIN / limits.SERVER_MEMORY_SHARE;

  test.each([
    ['below', turn - 2, limits.SERVER_MEMORY_BYTES_MIN],
    ['at', turn, limits.SERVER_MEMORY_BYTES_MIN],
    ['above', turn + 2 * GIB, limits.SERVER_MEMORY_BYTES_MIN + GIB],
  ])('of a machine %s the size where the share is the least', (_, available, expected) => {
    expect(memoryShareBytes(available)).toBe(expected);
  });
});
