import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serve, telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeAuthority } from './support/certificates.ts';
import { KeyBook } from './support/keys.ts';

/** All that lies below a folder, the folder itself included. */
function below(folder: string): string[] {
  return [folder, ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))];
}

test('the whole product with keys and mutual TLS: every command comes in with them, and no key is left anywhere', async () => {
  const folder = temporaryFolder(onTestFinished);
  const dataDir = join(folder, 'data');
  const authority = makeAuthority('test authority');
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const [server, client] = [authority.issue('server'), authority.issue('client')];
  const ca = file('ca.pem', authority.certificate);
  const serverFiles = [
    '--tls-certificate',
    file('s.pem', server.certificate),
    '--tls-private-key',
    file('s.key', server.privateKey),
  ];
  const clientFiles = {
    TELEMETRY_TLS_CA: ca,
    TELEMETRY_TLS_CLIENT_CERTIFICATE: file('c.pem', client.certificate),
    TELEMETRY_TLS_CLIENT_PRIVATE_KEY: file('c.key', client.privateKey),
  };
  const add = async (...args: string[]) =>
    (await telemetry(['keys', 'add', '--data-dir', dataDir, ...args])).stdout.trim();
  const admin = await add('--role', 'admin', '--name', 'anna');
  const reader = await add('--role', 'reader');
  const ingest = await add('--role', 'ingest', '--product', 'msnbc.com');

  // Beyond this machine, which keys and TLS allow.
  const addresses = ['--grpc-address', '0.0.0.0:0', '--web-address', '0.0.0.0:0', '--sql-address', '0.0.0.0:0'];
  const served = await serve(dataDir, [...addresses, ...serverFiles, '--tls-client-ca', ca, '--log-level', 'debug']);
  expect(served.sqlUrl).toMatch(/^https:/);
  const local = (address: string) => address.replace('0.0.0.0', '127.0.0.1');
  const environment = {
    ...clientFiles,
    TELEMETRY_DATA_DIR: dataDir,
    TELEMETRY_GRPC_ADDRESS: local(served.grpcAddress),
    TELEMETRY_WEB_ADDRESS: local(served.webAddress),
    TELEMETRY_SQL_ADDRESS: local(served.sqlAddress),
  };
  const run = (key: string | undefined, ...args: string[]) =>
    telemetry(args, { ...environment, ...(key === undefined ? {} : { TELEMETRY_KEY: key }) });

  const views = file('views.seq', '% page views\n\nfrontpage news\n\n1 2\n2 2\n');
  expect(await run(ingest, 'replay', views, '--json')).toMatchObject({ code: 0 });
  await eventually(async () => {
    const { stdout } = await run(reader, 'features', '--json');
    return stdout.includes('"news"') ? true : undefined;
  }, 30_000);
  expect((await run(reader, 'query', 'SELECT count() FROM events', '--format', 'TSV')).stdout).toBe('4\n');
  expect(await run(reader, 'status')).toMatchObject({ code: 0, stdout: expect.stringContaining('msnbc.com') });
  const banned = await run(admin, 'blacklist', 'add', 'legacy', '--reason', 'test', '--by', 'somebody else');
  expect(banned).toMatchObject({ code: 0 });
  const history = await run(admin, 'blacklist', 'history', '--json');
  expect(JSON.parse(history.stdout)[0]).toMatchObject({ changed_by: 'anna' });

  // Without, or with the key of another use, none does; and each says what to do.
  for (const args of [['query', 'SELECT 1'], ['blacklist', 'list'], ['status']]) {
    expect(await run(undefined, ...args)).toMatchObject({ code: 1, stderr: expect.stringMatching(/key/) });
  }
  expect(await run(reader, 'query', 'DROP TABLE telemetry.events')).toMatchObject({ code: 1 });
  expect(await run(ingest, 'blacklist', 'add', 'x', '--reason', 'test')).toMatchObject({ code: 1 });

  // Killed, the warehouse comes back where its collector knows it.
  process.kill(served.pidOf('warehouse'), 'SIGKILL');
  await run(ingest, 'replay', views, '--json');
  await eventually(async () => {
    const { stdout } = await run(reader, 'query', 'SELECT count() FROM events', '--format', 'TSV');
    return stdout === '8\n' ? true : undefined;
  }, 60_000);

  const open = below(dataDir).filter((path) => (statSync(path).mode & 0o077) !== 0);
  expect(open).toEqual([]);
  await served.stop();
  const secrets = [admin, reader, ingest].map((key) => key.slice(-64));
  const leaks = below(dataDir).filter((path) => {
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path);
    return secrets.some((secret) => bytes.includes(secret));
  });
  expect(leaks).toEqual([]);
  for (const secret of secrets) expect(served.log()).not.toContain(secret);
  expect(served.log()).not.toMatch(/tk_[0-9a-f]{12}_/);
});

test('the demo runs where keys are asked for', async () => {
  const dataDir = temporaryFolder(onTestFinished);
  const reader = await new KeyBook(dataDir).add('reader');
  const { sqlAddress } = await serve(dataDir, ['--demo']);
  await eventually(async () => {
    const { stdout } = await telemetry(['features', '--json', '--key', reader, '--sql-address', sqlAddress]);
    return stdout.startsWith('[{') ? true : undefined;
  }, 30_000);
});

test.each([
  ['collector', '--grpc-address', 'TELEMETRY_GRPC_ADDRESS'],
  ['collector', '--web-address', 'TELEMETRY_WEB_ADDRESS'],
  ['warehouse', '--sql-address', 'TELEMETRY_SQL_ADDRESS'],
])(
  'the %s refuses %s beyond this machine without keys and TLS, and says what to do',
  async (command, flag, variable) => {
    const dataDir = temporaryFolder(onTestFinished);
    const loopback = ['--grpc-address', '--web-address', '--sql-address']
      .filter((one) => one !== flag && (command === 'collector' || one === '--sql-address'))
      .flatMap((one) => [one, '127.0.0.1:0']);
    const start = (...args: string[]) =>
      telemetry([command, '--data-dir', dataDir, ...loopback, flag, '0.0.0.0:0', ...args]);
    const open = await start();
    expect(open.code).toBe(1);
    expect(open.stderr).toContain(variable);
    expect(open.stderr).toMatch(/telemetry keys add.*--tls-certificate/);
    await new KeyBook(dataDir).add('admin');
    const plain = await start();
    expect(plain.stderr).toMatch(/--tls-certificate/);
    expect(plain.stderr).not.toMatch(/keys add/);
    expect(await start('--tls-certificate', 'x')).toMatchObject({ code: 1, stderr: expect.stringMatching(/both/) });
  },
);
