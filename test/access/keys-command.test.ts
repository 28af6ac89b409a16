import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('keys are made, listed and revoked, and shown once', async () => {
  const keysFile = join(temporaryFolder(onTestFinished), 'deep', 'keys.json');
  const environment = { TELEMETRY_KEYS_FILE: keysFile };
  const keys = (...args: string[]) => telemetry(['keys', ...args], environment);

  const ingest = await keys(
    'add',
    '--role',
    'ingest',
    '--product',
    'editor',
    '--product',
    'viewer',
    '--name',
    'build 7',
  );
  expect(ingest.code).toBe(0);
  const text = ingest.stdout.trim();
  expect(text).toMatch(/^tk_[0-9a-f]{12}_[0-9a-f]{64}$/);
  expect(ingest.stderr).toContain('for editor, viewer');
  const admin = JSON.parse((await keys('add', '--role', 'admin', '--json')).stdout) as { id: string; key: string };
  expect(admin.key).toContain(admin.id);

  const listed = await keys('list');
  expect(listed.stdout).toMatch(/ingest +build 7 +editor, viewer/);
  expect((await keys('revoke', admin.id)).code).toBe(0);
  const entries = JSON.parse((await keys('list', '--json')).stdout) as { id: string; revoked_at: string | null }[];
  expect(entries.find(({ id }) => id === admin.id)?.revoked_at).toMatch(/^20/);
  for (const shown of [listed.stdout, JSON.stringify(entries), readFileSync(keysFile, 'utf8')]) {
    expect(shown).not.toContain(text.slice(-64));
    expect(shown).not.toContain(admin.key.slice(-64));
  }
});

test.each([
  [['add', '--role', 'ingest'], /--product.*--all-products/],
  [['add', '--role', 'ingest', '--product', 'a', '--all-products'], /not both/],
  [['add', '--role', 'reader', '--product', 'a'], /for ingest keys/],
  [['add', '--role', 'owner'], /ingest, admin, reader/],
  [['add'], /--role/],
  [['add', '--role', 'ingest', '--product', 'x'.repeat(257)], /1 to 256 bytes/],
  [['revoke', '0123456789ab'], /There is no key 0123456789ab/],
])('keys %j is refused, and the text says why', async (args, message) => {
  const result = await telemetry(['keys', ...args, '--data-dir', temporaryFolder(onTestFinished)]);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(message);
});
