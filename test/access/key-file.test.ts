import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessKey, changeKeys, KeyWatch, makeAccessKey, readKeyFile } from '@telemetry/warehouse';
import { expect, onTestFinished, test } from 'vitest';
import { parseKeys, serializeKeys } from '../../warehouse/src/access/key-list.ts';
import { ACCESS_KEYS_FILE_BYTES_MAX, ACCESS_KEYS_MAX } from '../../warehouse/src/limits.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CREATED_AT = '2026-01-02T03:04:05.000Z';

function ingestKey(products: readonly string[] | 'all' = ['editor']) {
  return makeAccessKey({ role: 'ingest', name: 'test', products, createdAt: CREATED_AT }, randomBytes);
}

function keyFile(): string {
  return join(temporaryFolder(onTestFinished), 'access-keys.json');
}

function watch(path: string, over: Partial<ConstructorParameters<typeof KeyWatch>[0]> = {}) {
  const faults: string[] = [];
  const keys = new KeyWatch({ path, onFault: ({ message }) => faults.push(message), pollMs: 20, ...over });
  onTestFinished(() => keys.stop());
  return { keys, faults };
}

test('a key has a prefix that can be searched for, its id, and 256 random bits', () => {
  const { text, key } = ingestKey();
  expect(text).toMatch(/^tk_[0-9a-f]{12}_[0-9a-f]{64}$/);
  expect(text).toContain(key.id);
  expect(ingestKey().text).not.toBe(text);
});

test('the file holds the hash, not the key, and is private', async () => {
  const path = keyFile();
  const { text, key } = ingestKey();
  await changeKeys(path, (keys) => [...keys, key]);
  expect(readFileSync(path, 'utf8')).not.toContain(text.slice(-64));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readKeyFile(path)).toEqual([key]);
  expect(existsSync(`${path}.new`)).toBe(false);
});

test('only the right text finds a key', async () => {
  const path = keyFile();
  const { text, key } = ingestKey();
  await changeKeys(path, () => [key]);
  const { keys } = watch(path);
  expect(keys.isOn).toBe(true);
  expect(keys.find(text)).toEqual(key);
  const last = text.endsWith('0') ? '1' : '0';
  for (const wrong of [
    '',
    'tk_',
    text.slice(0, -1),
    `${text}0`,
    `${text.slice(0, -1)}${last}`,
    text.toUpperCase(),
    key.sha256,
  ]) {
    expect(keys.find(wrong), wrong).toBeUndefined();
  }
});

test('changes made at the same time are all made', async () => {
  const path = keyFile();
  const made = Array.from({ length: 12 }, () => ingestKey().key);
  await Promise.all(made.map((key) => changeKeys(path, (keys) => [...keys, key])));
  expect(
    readKeyFile(path)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(made.map(({ id }) => id).sort());
});

test('a change is in force within the time between two looks; a revoked key is none, and keys stay on', async () => {
  const path = keyFile();
  const { keys, faults } = watch(path);
  expect(keys.isOn).toBe(false);
  const { text, key } = ingestKey();
  let changes = 0;
  keys.onChange(() => changes++);
  await changeKeys(path, () => [key]);
  const found = await eventually(() => keys.find(text), 2_000);
  expect(keys.isInForce(found)).toBe(true);
  expect(keys.ingestKeys).toBe(1);
  await changeKeys(path, (before) => before.map((one): AccessKey => ({ ...one, revokedAt: CREATED_AT })));
  await eventually(() => (keys.find(text) === undefined ? true : undefined), 2_000);
  expect(keys.isInForce(found)).toBe(false);
  expect(keys.isOn).toBe(true);
  expect(changes).toBe(2);
  expect(faults).toEqual([]);
});

test.each([
  ['broken', (path: string) => writeFileSync(path, '{"version":1,"keys":[{')],
  ['gone', (path: string) => rmSync(path)],
  ['writable by others', (path: string) => chmodSync(path, 0o622)],
])('a file that is %s changes nothing, and is told once', async (_, harm) => {
  const path = keyFile();
  const { text, key } = ingestKey();
  await changeKeys(path, () => [key]);
  const { keys, faults } = watch(path);
  harm(path);
  await eventually(() => (faults.length > 0 ? true : undefined), 2_000);
  keys.look();
  keys.look();
  expect(faults).toHaveLength(1);
  expect(keys.faults).toBe(1);
  expect(faults[0]).toContain(path);
  expect(keys.find(text)).toEqual(key);
  // Mended, it counts again.
  const other = ingestKey();
  rmSync(path, { force: true });
  await changeKeys(path, () => [other.key]);
  await eventually(() => keys.find(other.text), 2_000);
  expect(keys.find(text)).toBeUndefined();
});

test('a file that is broken from the beginning keeps a process from starting', () => {
  const path = keyFile();
  writeFileSync(path, 'no keys');
  expect(() => watch(path)).toThrow(/is broken.*Restore it/);
});

test('keys can be asked for before there are any', () => {
  const { keys } = watch(keyFile(), { isRequired: true });
  expect(keys.isOn).toBe(true);
});

test('the key of a run works, and turns nothing on by itself', () => {
  const { text, key } = makeAccessKey({ role: 'service', name: 'serve', products: 'all', createdAt: '' }, randomBytes);
  const { keys } = watch(keyFile(), { serviceKey: key });
  expect(keys.isOn).toBe(false);
  expect(keys.find(text)?.role).toBe('service');
});

test('keys survive their file, whatever they are', () => {
  const keys = [
    ingestKey(['editor', 'näme with "quotes"']).key,
    ingestKey('all').key,
    makeAccessKey({ role: 'admin', name: 'ops', products: [], createdAt: CREATED_AT }, randomBytes).key,
    {
      ...makeAccessKey({ role: 'reader', name: 'bi', products: [], createdAt: CREATED_AT }, randomBytes).key,
      revokedAt: CREATED_AT,
    },
  ];
  expect(parseKeys(serializeKeys(keys))).toEqual(keys);
});

test.each([
  ['another version', '{"version":2,"keys":[]}', /version/],
  ['no list', '{"version":1}', /list/],
  ['a role that is none', replaced({ role: 'service' }), /keys\[0\]\.role/],
  ['no id', replaced({ id: 'x' }), /keys\[0\]\.id/],
  ['a hash that is none', replaced({ sha256: 'abc' }), /keys\[0\]\.sha256/],
  ['no products', replaced({ products: [] }), /keys\[0\]\.products/],
])('a file with %s is refused', (_, text, message) => {
  expect(() => parseKeys(text)).toThrow(message);
});

function replaced(over: Record<string, unknown>): string {
  const file = JSON.parse(serializeKeys([ingestKey().key])) as { version: number; keys: object[] };
  return JSON.stringify({ ...file, keys: file.keys.map((key) => ({ ...key, ...over })) });
}

test('at most so many keys, and so large a file', () => {
  const keys = Array.from({ length: ACCESS_KEYS_MAX }, () => ingestKey().key);
  expect(parseKeys(serializeKeys(keys))).toHaveLength(ACCESS_KEYS_MAX);
  expect(() => parseKeys(serializeKeys([...keys, ingestKey().key]))).toThrow(/more than/);
  const path = keyFile();
  const text = serializeKeys([ingestKey().key]);
  writeFileSync(path, text.padEnd(ACCESS_KEYS_FILE_BYTES_MAX, ' '), { mode: 0o600 });
  expect(readKeyFile(path)).toHaveLength(1);
  writeFileSync(path, text.padEnd(ACCESS_KEYS_FILE_BYTES_MAX + 1, ' '));
  expect(() => readKeyFile(path)).toThrow(/larger than/);
});
