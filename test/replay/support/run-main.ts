import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';

/** A running `main.ts` of the client. */
export interface RunningMain {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit code when it has ended and all it wrote is here. */
  readonly ended: Promise<number>;
}

/** Starts a `main.ts` of the client as the command does: the options as JSON. It is killed when the test has finished. */
export function runMain(tool: 'replay' | 'demo', options: object | string): RunningMain {
  const main = join(import.meta.dirname, '../../../client/src', tool, 'main.ts');
  const argument = typeof options === 'string' ? options : JSON.stringify(options);
  const child = spawn(process.execPath, [main, argument], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal === null ? (code ?? -1) : -1));
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}
