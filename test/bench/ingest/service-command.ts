import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../../..');
const READY_TIMEOUT_MS = 120_000;
/** A service that was told to stop loads what it has first. */
const STOP_TIMEOUT_MS = 60_000;
/** `serve` takes a signal within a second of the first for the same one. */
const IMPATIENCE_MS = 1_500;

/** A running `telemetry serve` or `telemetry warehouse`. */
export interface ServiceCommand {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly pid: number;
  /** Ends it as Ctrl-C does, or at once. */
  stop(how: 'drain' | 'now'): Promise<void>;
}

/** Starts the command of this clone on free ports and waits until it is ready. Its log goes to our standard error. */
export async function startService(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<ServiceCommand> {
  const clean = Object.entries(process.env).filter(([name]) => !/^(TELEMETRY_|CLICKHOUSE_)/.test(name));
  const child = spawn(process.execPath, [join(root, 'collector/src/main.ts'), ...args], {
    cwd: root,
    env: { ...Object.fromEntries(clean), ...variables },
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C reaches us alone, and we stop what we started in order.
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS);
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    exited.then(() => Promise.reject(new Error(`telemetry ${args[0]} did not start`))),
  ]);
  clearTimeout(timer);
  const ready = JSON.parse(line) as Record<string, unknown>;
  return { ready, pid: child.pid ?? 0, stop: (how) => stop(child, exited, how) };
}

async function stop(child: ChildProcess, exited: Promise<void>, how: 'drain' | 'now'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  // A second one says that nobody wants to wait.
  const impatience = how === 'now' ? setTimeout(() => child.kill('SIGINT'), IMPATIENCE_MS) : undefined;
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(impatience);
  clearTimeout(deadline);
}

/** Process id of a service of `telemetry serve`, from the lock that it holds on its folder. */
export function pidOfService(dataDir: string, service: 'collector' | 'warehouse'): number {
  return (JSON.parse(readFileSync(join(dataDir, service, 'owner.lock'), 'utf8')) as { pid: number }).pid;
}
