import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { WarehouseOptions } from '../../../warehouse/src/start-warehouse.ts';

export type StartAnswer = {
  url?: string;
  warnings?: string[];
  handoverPath?: string;
  kind?: string;
  message?: string;
};

/** A warehouse in a process of its own, as in production: it can be killed, and its thread pool has a size. */
export class WarehouseProcess {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly answer: StartAnswer;

  private constructor(child: ChildProcess, dataDir: string, answer: StartAnswer) {
    this.child = child;
    this.dataDir = dataDir;
    this.answer = answer;
  }

  static async start(options: Partial<WarehouseOptions> = {}, poolSize = 16): Promise<WarehouseProcess> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'warehouse-test-'));
    const script = resolve(import.meta.dirname, 'serve-warehouse.ts');
    const given = JSON.stringify({ address: '127.0.0.1:0', memoryLimitBytes: 2 ** 31, ...options, dataDir });
    const child = spawn(process.execPath, [script, given], {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(poolSize) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (child.stdout === null) throw new Error('no stdout');
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as [unknown];
    if (typeof line !== 'string') throw new Error(`the warehouse process ended with ${line} before it was ready`);
    return new WarehouseProcess(child, dataDir, JSON.parse(line));
  }

  get url(): string {
    if (this.answer.url === undefined) throw new Error(`not started: ${this.answer.message}`);
    return this.answer.url;
  }

  /** Where data may be handed over to it. */
  get handoverPath(): string {
    if (this.answer.handoverPath === undefined) throw new Error(`not started: ${this.answer.message}`);
    return this.answer.handoverPath;
  }

  client(options: Parameters<typeof createClient>[0] = {}) {
    return createClient({ url: this.url, log: { level: ClickHouseLogLevel.OFF }, ...options });
  }

  /** Ends the process with `signal` and waits for its end. @returns its exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Sends `sql` in a body; the answer's text. Fails on an error. */
  async sql(sql: string, search: Record<string, string> = {}): Promise<string> {
    const answer = await this.post(sql, search);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.text.trimEnd();
  }

  async post(body: string | Uint8Array, search: Record<string, string> = {}, headers: Record<string, string> = {}) {
    const url = `${this.url}/?${new URLSearchParams(search)}`;
    const init = { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers };
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
}

export type CurlResult = { code: number; stdout: string; stderr: string };

/** Runs the real curl. */
export function curl(...args: string[]): Promise<CurlResult> {
  return new Promise((done) => {
    const child = execFile('curl', ['-sS', ...args], { maxBuffer: 2 ** 28 }, (_error, stdout, stderr) => {
      done({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** Asks again and again, without a fixed wait, until `probe` is true; fails after `limitMs`. */
export async function until(probe: () => Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await probe())) {
    if (performance.now() > deadlineMs) throw new Error(`still not so after ${limitMs} ms`);
    await new Promise((next) => setTimeout(next, 10));
  }
}
