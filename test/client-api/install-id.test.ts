import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTelemetry, type TelemetryOptions } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, onTestFinished, test } from 'vitest';
import { installId, installIdPath } from '../../client/src/node/install-id.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const own = (digit: string) => digit.repeat(32);
const run = promisify(execFile);

/** The id of the machine as a collector gets it. */
async function sentId(folder: string, options: Partial<TelemetryOptions> = {}): Promise<string | undefined> {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel, store: { folder }, ...options });
  telemetry.log({ name: 'a' });
  await telemetry.flush();
  const id = channel.batches[0]?.core?.machine?.id;
  await telemetry.shutdown();
  return id;
}

test('is random, kept in the folder for this user alone, and the same from then on', async () => {
  const folder = join(temporaryFolder(onTestFinished), 'store');
  const id = await sentId(folder);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(readFileSync(join(folder, installIdPath), 'utf8')).toBe(id);
  expect(statSync(join(folder, installIdPath)).mode & 0o077).toBe(0);
  expect(await sentId(folder)).toBe(id);
  expect(await sentId(join(temporaryFolder(onTestFinished), 'store'))).not.toBe(id);
});

test('is one among processes that start at once, and they leave nothing else', async () => {
  const folder = join(temporaryFolder(onTestFinished), 'store');
  const module = new URL('../../client/src/node/install-id.ts', import.meta.url).href;
  const code = `import { installId } from ${JSON.stringify(module)};
    const ownId = process.pid.toString(16).padStart(32, '0');
    console.log(installId(${JSON.stringify(folder)}, ownId));`;
  const outputs = await Promise.all(
    Array.from({ length: 8 }, () => run(process.execPath, ['--input-type=module', '--eval', code])),
  );
  expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
  expect(readdirSync(join(folder, 'state'))).toStrictEqual(['install-id']);
});

describe('is not kept', () => {
  test('where the application gives one, or the memory is the store', async () => {
    const folder = join(temporaryFolder(onTestFinished), 'store');
    expect(await sentId(folder, { machine: { id: 'mine' } })).toBe('mine');
    expect(readdirSync(join(folder, 'state'))).not.toContain('install-id');
    const ids = [await sentId(folder, { store: 'memory' }), await sentId(folder, { store: 'memory' })];
    expect(new Set(ids).size).toBe(2);
  });

  test('where the consent is denied, now or by an earlier process', () => {
    const folder = join(temporaryFolder(onTestFinished), 'store');
    mkdirSync(join(folder, 'state'), { recursive: true });
    writeFileSync(join(folder, 'state/consent'), '{"consent":"denied","change":"00"}');
    expect(installId(folder, own('1'))).toBe(own('1'));
    expect(readdirSync(join(folder, 'state'))).toStrictEqual(['consent']);
    const other = join(temporaryFolder(onTestFinished), 'store');
    const telemetry = createTelemetry({
      product: 'editor',
      channel: memoryChannel(),
      store: { folder: other },
      consent: 'denied',
    });
    onTestFinished(async () => {
      await telemetry.shutdown();
    });
    expect(() => readFileSync(join(other, installIdPath))).toThrow('ENOENT');
  });

  test('where the folder cannot be made', () => {
    const file = join(temporaryFolder(onTestFinished), 'file');
    writeFileSync(file, '');
    expect(installId(join(file, 'store'), own('1'))).toBe(own('1'));
  });
});

test('is made anew when it was left torn, and after a denial', async () => {
  const folder = join(temporaryFolder(onTestFinished), 'store');
  expect(installId(folder, own('1'))).toBe(own('1'));
  writeFileSync(join(folder, installIdPath), own('1').slice(0, 5));
  expect(installId(folder, own('2'))).toBe(own('2'));
  expect(installId(folder, own('3'))).toBe(own('2'));
  const telemetry = createTelemetry({ product: 'editor', channel: memoryChannel(), store: { folder } });
  await telemetry.setConsent('denied');
  expect(readdirSync(join(folder, 'state'))).not.toContain('install-id');
  await telemetry.shutdown();
});
