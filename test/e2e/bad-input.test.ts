import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Served, serve, telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const header = ['% A comment', '', 'frontpage news tech', ''];

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

let served: Served;

const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  const later = (cleanUp: () => unknown) => cleanUps.unshift(cleanUp);
  served = await serve(temporaryFolder(later), [], later);
});

afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

describe('a file that is not a sequence file', () => {
  test.each([
    ['missing', undefined, /no-such-file/],
    ['empty', '', /empty|header|no /i],
    ['something else', '{"name":"events"}\n{"a":1}\n', /line|header|sequence/i],
    ['a word among the numbers', [...header, '1 2', '2 zwei 3', ''].join('\n'), /line 6/],
    ['a number that is no category', [...header, '1 2 4', ''].join('\n'), /line 5/],
    [
      'gzip that is cut short',
      gzipSync([...header, '1 2 3', ''].join('\n')).subarray(0, 30),
      /gzip|truncated|cut|end/i,
    ],
  ])('%s', async (_name, content, message) => {
    const folder = temporaryFolder();
    const file = join(folder, content === undefined ? 'no-such-file' : 'views.seq');
    if (content !== undefined) writeFileSync(file, content);
    const result = await telemetry(['replay', file, '--grpc-address', served.grpcAddress]);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });
});

describe('serve refuses clearly', () => {
  test('a gRPC port that is taken', async () => {
    const port = await takenPort();
    const folder = temporaryFolder();
    const result = await telemetry([
      'serve',
      '--data-dir',
      folder,
      '--sql-address',
      '127.0.0.1:0',
      '--grpc-address',
      `127.0.0.1:${port}`,
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`127.0.0.1:${port}`);
    expect(result.stderr).toMatch(/another address/);
  });

  test('a SQL port that is taken', async () => {
    const port = await takenPort();
    const folder = temporaryFolder();
    const result = await telemetry([
      'serve',
      '--data-dir',
      folder,
      '--grpc-address',
      '127.0.0.1:0',
      '--sql-address',
      `127.0.0.1:${port}`,
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`127.0.0.1:${port}`);
  });

  test('a data directory that cannot be written', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const result = await telemetry([
      'serve',
      '--data-dir',
      join(file, 'data'),
      '--grpc-address',
      '127.0.0.1:0',
      '--sql-address',
      '127.0.0.1:0',
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(file);
    expect(result.stderr).toMatch(/[Cc]hoose/);
  });

  test('a data directory that another one owns', async () => {
    const folder = temporaryFolder();
    await serve(folder);
    const result = await telemetry([
      'serve',
      '--data-dir',
      folder,
      '--grpc-address',
      '127.0.0.1:0',
      '--sql-address',
      '127.0.0.1:0',
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/pid|process/i);
  });

  test('an address beyond this machine', async () => {
    const folder = temporaryFolder();
    const result = await telemetry([
      'serve',
      '--data-dir',
      folder,
      '--grpc-address',
      '0.0.0.0:0',
      '--sql-address',
      '127.0.0.1:0',
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('--dangerously-allow-remote');
  });
});

describe('the command line refuses clearly', () => {
  test.each([
    [['serve', '--prot', '1'], /unknown option '--prot'/],
    [['replay'], /missing required argument 'file'/],
    [['replay', 'x', '--limit', '-1'], /whole number/],
    [['features', '--from', 'yesterday'], /yesterday/],
    [['nothing'], /unknown command 'nothing'/],
    [['serve', '--log-level', 'loud'], /Allowed choices/],
  ])('%j', async (args, message) => {
    const result = await telemetry(args);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  test('no warehouse there', async () => {
    // Port 1 is tcpmux, which nobody runs.
    const result = await telemetry(['features', '--sql-address', '127.0.0.1:1']);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/telemetry serve/);
  });

  test('SQL that is wrong', async () => {
    const result = await telemetry(['query', 'SELEC 1', '--sql-address', served.sqlAddress]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/Syntax error/);
  });
});
