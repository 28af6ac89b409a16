import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { LoadOptions, LoadResult } from './load-generator.ts';

/** What the generator says. */
export type GeneratorMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly ackedBatches: number }
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly reason: string };

const READY_TIMEOUT_MS = 60_000;
/** As the collector's: batches that were sent are memory to be collected, and the generator must not be what is measured. */
const HEAP_OPTIONS = ['--max-semi-space-size=8', '--heap-growing-percent=300'];

/** The load generator's process, as the one that measures sees it. */
export class GeneratorProcess {
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #done = Promise.withResolvers<LoadResult>();
  #ackedBatches = 0;

  constructor(options: LoadOptions) {
    this.#child = fork(join(import.meta.dirname, '../ingest-generator.ts'), [JSON.stringify(options)], {
      detached: true,
      execArgv: HEAP_OPTIONS,
    });
    this.#child.on('message', (message: GeneratorMessage) => this.#onMessage(message));
    this.#child.once('exit', (code) => this.#fail(new Error(`the load generator ended with ${code}`)));
    for (const { promise } of [this.#ready, this.#done]) promise.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get ackedBatches(): number {
    return this.#ackedBatches;
  }

  /** Resolves when it has made its batches and its connections. */
  async ready(): Promise<void> {
    const timer = setTimeout(() => this.#fail(new Error('the load generator was not ready in time')), READY_TIMEOUT_MS);
    await this.#ready.promise;
    clearTimeout(timer);
  }

  /** Sends; resolves when every batch that was sent is acknowledged. The process stays, to be looked at. */
  run(): Promise<LoadResult> {
    this.#child.send('begin');
    return this.#done.promise;
  }

  /** Ends it. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
    this.#child.kill('SIGKILL');
  }

  #onMessage(message: GeneratorMessage): void {
    if (message.kind === 'ready') this.#ready.resolve();
    else if (message.kind === 'progress') this.#ackedBatches = message.ackedBatches;
    else if (message.kind === 'done') this.#done.resolve(message.result);
    else this.#fail(new Error(`the load generator failed: ${message.reason}`));
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    this.#done.reject(error);
  }
}
