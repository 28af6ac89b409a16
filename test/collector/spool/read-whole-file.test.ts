import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readWholeFile } from '../../../collector/src/spool/read-whole-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'telemetry-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([0, 1, 600_000, 5_000_000])('reads a file of %i bytes', async (sizeBytes) => {
  const bytes = Buffer.alloc(sizeBytes, 'telemetry');
  const path = join(folder, `${sizeBytes}`);
  writeFileSync(path, bytes);
  expect(bytes.equals(await readWholeFile(path))).toBe(true);
});

it('rejects with the reason of the system for a file that is not there', async () => {
  await expect(readWholeFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
