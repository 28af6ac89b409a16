import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { spoolToFile } from '../../warehouse/src/http/request-body.ts';
import { TempDir } from '../warehouse-schema/support/temp-dir.ts';

const directory = new TempDir();
afterAll(() => directory[Symbol.dispose]());

test('what was written is given back at once, unless others may hold the same memory', async () => {
  const own = [new Uint8Array(700_000).fill(1), new Uint8Array(700_000).fill(2), new Uint8Array(1).fill(3)];
  const shared = new Uint8Array(10).fill(4);
  const body = async function* () {
    yield* own;
    yield shared.subarray(0, 5);
  };
  const path = join(directory.path, 'body');
  expect(await spoolToFile(path, body())).toBe(1_400_006);
  const written = Buffer.concat([Buffer.alloc(700_000, 1), Buffer.alloc(700_000, 2), Buffer.of(3, 4, 4, 4, 4, 4)]);
  expect((await readFile(path)).equals(written)).toBe(true);
  expect(own.map(({ buffer }) => buffer.detached)).toEqual([true, true, true]);
  expect([...shared]).toEqual(Array(10).fill(4));
});
