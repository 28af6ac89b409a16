import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChildOptions, ChildReport } from './child/child-options.ts';
import { END_TIMEOUT_MS } from './limits.ts';

const mainPath = join(import.meta.dirname, 'child/main.ts');

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A process of an application with the client in it. */
export class ClientProcess {
  readonly options: ChildOptions;
  /** What it said so far. */
  readonly reports: ChildReport[] = [];
  /** It has loaded its code, and works. */
  readonly started: Promise<void>;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  constructor(options: ChildOptions, compileCacheFolder: string) {
    this.options = options;
    const clean = Object.entries(process.env).filter(([name]) => !/^(TELEMETRY_|NODE_OPTIONS|VITEST)/.test(name));
    const child = spawn(process.execPath, [mainPath, JSON.stringify(options)], {
      env: { ...Object.fromEntries(clean), NODE_COMPILE_CACHE: compileCacheFolder },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stdin?.on('error', () => {});
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.started = new Promise((resolve) => {
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.reports.push(JSON.parse(line) as ChildReport);
        resolve();
      });
    });
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: -1, signal: null, stderr: error.message }));
      // When everything it said has been read, too.
      child.once('close', (code, signal) => resolve({ code, signal, stderr }));
    });
  }

  /** Its producer, once it has said so. */
  get producer(): string | undefined {
    return this.reports.find((line) => line.kind === 'started')?.producer;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with how it ended; rejects when it does not. */
  async end(timeoutMs: number = END_TIMEOUT_MS): Promise<ProcessEnd> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    const end = await Promise.race([this.ended, promise]);
    clearTimeout(timer);
    if (end === undefined) {
      this.signal('SIGKILL');
      const last = this.reports.slice(-8).map((line) => JSON.stringify(line));
      const { name, ending } = this.options;
      throw new Error(`${name} (${ending}) did not end within ${timeoutMs / 1000} s; it said\n${last.join('\n')}`);
    }
    return end;
  }
}
