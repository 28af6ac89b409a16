import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { plainRequest, serialize } from '../collector/support/batches.ts';
import { runCollector } from '../collector/support/collector.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { freshBatch } from '../web/support/requests.ts';

/** Modes of all folders and files below a folder, itself included, by path. */
function modes(folder: string): [path: string, mode: string][] {
  const paths = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ];
  return paths.filter((path) => existsSync(path)).map((path) => [path, (statSync(path).mode & 0o777).toString(8)]);
}

const isFolder = (path: string) => statSync(path).isDirectory();

test('what a collector makes is its user’s alone: folders 0700, files 0600, quarantine included', async () => {
  // As most shells have it: whatever is private is so by the collector's own doing.
  const umask = process.umask(0o022);
  onTestFinished(() => void process.umask(umask));
  const dataDir = join(temporaryFolder(onTestFinished), 'deep', 'collector');
  const segments = join(dataDir, 'spool', 'segments');
  mkdirSync(segments, { recursive: true, mode: 0o700 });
  const id = `${'1'.padStart(13, '0')}-${'1'.padStart(8, '0')}-0123456789ab`;
  writeFileSync(join(segments, `${id}.segment.gz`), 'broken', { mode: 0o600 });
  const { client } = await runCollector({ dataDir });
  await client.publish(plainRequest(serialize(freshBatch())));
  const found = modes(dataDir);
  expect(found.filter(([path, mode]) => mode !== (isFolder(path) ? '700' : '600'))).toEqual([]);
  const names = found.map(([path]) => path.slice(dataDir.length));
  for (const name of ['/spool/segments', '/spool/quarantine', '/seen']) expect(names).toContain(name);
  expect(names.some((name) => name.startsWith('/spool/quarantine/'))).toBe(true);
});

test('folders that others may enter are closed at the next start', async () => {
  const dataDir = join(temporaryFolder(onTestFinished), 'collector');
  const wide = [dataDir, 'spool', 'spool/segments', 'seen'].map((name) => join(dataDir, name === dataDir ? '' : name));
  for (const folder of wide) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
  }
  await runCollector({ dataDir });
  for (const folder of wide) expect((statSync(folder).mode & 0o777).toString(8), folder).toBe('700');
});

test('the warehouse closes its folders too', async () => {
  const dataDir = join(temporaryFolder(onTestFinished), 'warehouse');
  mkdirSync(join(dataDir, 'engine'), { recursive: true });
  chmodSync(dataDir, 0o777);
  chmodSync(join(dataDir, 'engine'), 0o755);
  const warehouse = await WarehouseProcess.start({ dataDir });
  onTestFinished(() => warehouse.remove());
  for (const folder of ['', 'engine', 'tmp']) {
    expect((statSync(join(dataDir, folder)).mode & 0o777).toString(8), folder).toBe('700');
  }
});
