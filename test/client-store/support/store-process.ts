import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Consent, ConsentResult, FlushResult, TelemetryOptions, TelemetryStats } from '@telemetry/client';
import { onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('./store-child.ts', import.meta.url));

/** An application in a process of its own. It dies with the test at the latest. */
export class StoreProcess {
  readonly producerId: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, producerId: string) {
    this.#child = child;
    this.#lines = lines;
    this.producerId = producerId;
  }

  static async start(options: Partial<TelemetryOptions>): Promise<StoreProcess> {
    const given = { product: { name: 'store' }, ...options };
    const child = spawn(process.execPath, [script, JSON.stringify(given)], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => StoreProcess.#end(child, 'SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { producerId } = JSON.parse((await lines.next()).value ?? '{}') as { producerId: string };
    return new StoreProcess(child, lines, producerId);
  }

  log(count: number): Promise<unknown> {
    return this.#ask(`log ${count}`);
  }

  flush(timeoutMs = 10_000): Promise<FlushResult> {
    return this.#ask(`flush ${timeoutMs}`);
  }

  shutdown(timeoutMs = 10_000): Promise<FlushResult> {
    return this.#ask(`shutdown ${timeoutMs}`);
  }

  stats(): Promise<TelemetryStats> {
    return this.#ask('stats');
  }

  setConsent(consent: Consent): Promise<ConsentResult> {
    return this.#ask(`consent ${consent}`);
  }

  /** Ends it by `process.exit`, in the middle of whatever it does. */
  async exit(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.write('exit\n');
    await ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it as a power cut would. */
  kill(): Promise<void> {
    return StoreProcess.#end(this.#child, 'SIGKILL');
  }

  async #ask<Answer>(command: string): Promise<Answer> {
    this.#child.stdin?.write(`${command}\n`);
    const { value, done } = await this.#lines.next();
    if (done) {
      throw new Error(`it ended before it answered "${command}"`);
    }
    return JSON.parse(value) as Answer;
  }

  static async #end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
  }
}
