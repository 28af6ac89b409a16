import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { CollectorOptions } from '../../../collector/src/index.ts';
import { LOAD_TIMEOUT_MS } from '../../../collector/src/limits.ts';

const SCRIPT = fileURLToPath(new URL('./collector-child.ts', import.meta.url));

/** What a collector in a process of its own said when it started. */
export interface ChildCollector {
  readonly address: string;
  readonly webAddress: string;
  /** Why it did not start. */
  readonly error: { readonly name: string; readonly message: string } | undefined;
  /** Keeps it from running for so long, as a machine that is starved does; `meanwhile` runs when it stands still. */
  pause(durationMs: number, meanwhile: () => void): Promise<void>;
  /** Kills it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop, waits, and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a collector in a process of its own; it dies with the test at the latest. */
export async function startChildCollector(
  dataDir: string,
  loadTimeoutMs = LOAD_TIMEOUT_MS,
  gatherBounds: CollectorOptions['gatherBounds'] = {},
): Promise<ChildCollector> {
  const child = spawn(process.execPath, [SCRIPT, dataDir, String(loadTimeoutMs), JSON.stringify(gatherBounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => end(child, 'SIGKILL').then(() => {}));
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (typeof value !== 'string') throw new Error('the collector said nothing before it ended');
  const said = JSON.parse(value) as { address?: string; webAddress?: string; error?: string; name?: string };
  return {
    address: said.address ?? '',
    webAddress: said.webAddress ?? '',
    error: said.error === undefined ? undefined : { name: said.name ?? '', message: said.error },
    async pause(durationMs, meanwhile) {
      child.kill('SIGSTOP');
      meanwhile();
      await setTimeout(durationMs);
      child.kill('SIGCONT');
    },
    kill: () => end(child, 'SIGKILL').then(() => {}),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}
