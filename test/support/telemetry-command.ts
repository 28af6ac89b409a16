import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** The command as a user of a clone has it. */
const command = join(root, 'node_modules/.bin/telemetry');

/** What a run of the command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables that would change what the command does. */
function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(TELEMETRY_|CLICKHOUSE_|NODE_OPTIONS|VITEST)/.test(name),
  );
  // The port of its own kind that most tests do not think of.
  const web = { TELEMETRY_WEB_ADDRESS: '127.0.0.1:0' };
  return {
    ...Object.fromEntries(clean),
    ...web,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    ...extra,
  };
}

/** Runs `telemetry` to its end. */
export async function telemetry(args: readonly string[], extra: Record<string, string> = {}): Promise<CommandResult> {
  const child = spawn(command, args, { cwd: root, env: environment(extra), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(exitCode ?? -1));
  });
  return { code, stdout, stderr };
}

/** A running `telemetry serve`. */
export interface Served {
  readonly dataDir: string;
  readonly grpcAddress: string;
  readonly webAddress: string;
  readonly sqlAddress: string;
  readonly sqlUrl: string;
  readonly process: ChildProcess;
  /** Process id of one of its services, from the lock that the service holds on its folder. */
  pidOf(service: 'collector' | 'warehouse'): number;
  /** What it logged so far. */
  log(): string;
  /** Ends it as Ctrl-C does; resolves with the exit code. */
  stop(): Promise<number>;
}

/**
 * Starts `telemetry serve` on free ports. It is stopped when the test has finished, unless the test did.
 *
 * @param whenFinished who stops it: a test by itself, `afterAll` for all of a file
 */
export async function serve(
  dataDir: string,
  args: readonly string[] = [],
  whenFinished: (stop: () => Promise<void>) => unknown = onTestFinished,
): Promise<Served> {
  const all = [
    'serve',
    '--json',
    '--data-dir',
    dataDir,
    '--grpc-address',
    '127.0.0.1:0',
    '--web-address',
    '127.0.0.1:0',
    '--sql-address',
    '127.0.0.1:0',
    ...args,
  ];
  const child = spawn(command, all, { cwd: root, env: environment({}), stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const stop = async (): Promise<number> => {
    child.kill('SIGINT');
    return exited;
  };
  whenFinished(async () => {
    await stop();
  });
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    exited.then((code) => Promise.reject(new Error(`serve ended with ${code}: ${log}`))),
  ]);
  const ready = JSON.parse(line) as {
    grpc_address: string;
    web_address: string;
    sql_address: string;
    sql_url: string;
  };
  return {
    dataDir,
    grpcAddress: ready.grpc_address,
    webAddress: ready.web_address,
    sqlAddress: ready.sql_address,
    sqlUrl: ready.sql_url,
    process: child,
    pidOf: (service) => (JSON.parse(readFileSync(join(dataDir, service, 'owner.lock'), 'utf8')) as { pid: number }).pid,
    log: () => log,
    stop,
  };
}
