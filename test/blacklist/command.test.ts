import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batch, event, plainRequest, serialize } from '../collector/support/batches.ts';
import { RawClient } from '../collector/support/raw-client.ts';
import { serve, telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface ListJson {
  readonly version: number;
  readonly entries: readonly Record<string, unknown>[];
}

test('an operator bans events, sees who did so and why, and lifts a ban', { timeout: 180_000 }, async () => {
  const served = await serve(join(temporaryFolder(), 'data'));
  const variables = { TELEMETRY_GRPC_ADDRESS: served.grpcAddress };
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await telemetry(['blacklist', ...args], variables);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const list = async () => JSON.parse(await run('list', '--json')) as ListJson;
  const empty = await telemetry(['blacklist', 'list'], variables);
  expect(empty).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/^Nothing is banned.*\nversion 0\n$/),
  });

  const added = await run(
    'add',
    'secret.used',
    '--reason',
    'personal data',
    '--by',
    'ada',
    '--product',
    'editor',
    '--version-min',
    '4.0.0',
    '--version-below',
    '4.12.0',
    '--audience',
    'external',
    '--expires',
    '2030-01-31T18:00:00Z',
  );
  expect(added).toMatch(
    /^banned secret\.used · product editor · from 4\.0\.0 · below 4\.12\.0 · external · until 2030-01-31 18:00:00 \(id [0-9a-f]{16}\)\nThe list has version 1, and 1 entry\.\n$/,
  );
  await run('add', 'legacy.', 'old.', '--prefix', '--reason', 'too many', '--expires', '30d');
  const { version, entries } = await list();
  expect(version).toBe(2);
  expect(entries).toMatchObject([
    {
      event_name: 'secret.used',
      product: 'editor',
      version_min: '4.0.0',
      version_below: '4.12.0',
      audience: 'AUDIENCE_EXTERNAL',
      reason: 'personal data',
      expire_time: '2030-01-31T18:00:00Z',
      created_by: 'ada',
    },
    { event_name_prefix: 'legacy.', created_by: userInfo().username },
    { event_name_prefix: 'old.' },
  ]);
  expect((await run('list')).split('\n').map((line) => line.split(/ {2,}/).slice(1, 6))).toEqual([
    ['event', 'product', 'versions', 'audience', 'expires (UTC)'],
    expect.anything(),
    ['secret.used', 'editor', '4.0.0 ≤ v < 4.12.0', 'external', '2030-01-31 18:00:00'],
    ['legacy.*', expect.stringMatching(/^\d{4}-/), expect.anything(), expect.anything(), 'too many'],
    ['old.*', expect.stringMatching(/^\d{4}-/), expect.anything(), expect.anything(), 'too many'],
    [],
  ]);

  const client = new RawClient(served.grpcAddress);
  const events = ['legacy.opened', 'page.viewed'].map((name, index) =>
    event(index + 1, { name, timeUnixUs: BigInt(Date.now()) * 1000n }),
  );
  const ack = await client.publish(plainRequest(serialize(batch({ events }))));
  client.close();
  expect(ack).toMatchObject({ acceptedEvents: 1, droppedEventCount: 1, blacklistVersion: 2n });

  const id = String(entries[1]?.['id']);
  const removed = await run('remove', id, '--reason', 'mended', '--by', 'bob', '--expected-version', '2');
  expect(removed).toBe(
    `lifted legacy.* · until ${untilText(id, entries)} (id ${id})\nThe list has version 3, and 2 entries.\n`,
  );
  expect((await list()).entries).toHaveLength(2);
  const history = JSON.parse(await run('history', '--json')) as Record<string, unknown>[];
  expect(history).toMatchObject([
    { version: 3, changed_by: 'bob', reason: 'mended', removed: [{ id, event_name_prefix: 'legacy.' }] },
    { version: 2, changed_by: userInfo().username, reason: 'too many', added: [{}, {}] },
    { version: 1, changed_by: 'ada', reason: 'personal data', added: [{ event_name: 'secret.used' }] },
  ]);
  const lines = (await run('history', '--limit', '2')).trimEnd().split('\n');
  expect(lines.slice(2).map((line) => line.replace(/^.*?([+-] \S+).*$/, '$1'))).toEqual([
    '- legacy.*',
    '+ legacy.*',
    '+ old.*',
  ]);

  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await telemetry(['blacklist', ...args], variables);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    return stderr;
  };
  expect(await refused('remove', 'nothere', '--reason', 'x')).toMatch(/no entry nothere.*blacklist list/);
  expect(await refused('remove', id, '--reason', 'x', '--expected-version', '2')).toMatch(/no entry/);
  expect(await refused('add', 'x', '--reason', 'x', '--expected-version', '2')).toMatch(/version 3 by now, not 2/);
  expect(await refused('add', 'x')).toMatch(/required option '--reason/);
  expect(await refused('add', 'x', '--reason', '')).toMatch(/reason: Say why/);
  expect(await refused('add', 'x', '--reason', 'x', '--version-min', '4.12')).toMatch(
    /version_min: "4.12" is not a semantic version/,
  );
  expect(await refused('add', 'x', '--reason', 'x', '--expires', 'soon')).toMatch(/"soon" is none\. Write 30d/);
  expect(await refused('add', 'x', '--reason', 'x', '--expires', '2020-01-01')).toMatch(
    /2020-01-01T00:00:00.000Z has passed/,
  );
  expect(await refused('add', 'x', '--reason', 'x', '--audience', 'all')).toMatch(
    /Allowed choices are internal, external/,
  );
  expect(await refused('list', '--grpc-address', '127.0.0.1:1')).toMatch(
    /No collector answers at 127\.0\.0\.1:1.*telemetry serve/,
  );
  expect((await list()).version).toBe(3);
});

/** When an entry ends, as the command writes it. */
function untilText(id: string, entries: readonly Record<string, unknown>[]): string {
  const time = String(entries.find((entry) => entry['id'] === id)?.['expire_time']);
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}
