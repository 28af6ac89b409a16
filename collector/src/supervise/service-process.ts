import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';
import { StartError } from '../start-error.ts';

/** What a service says when it is ready: one line of JSON. */
export type ReadyLine = Readonly<Record<string, unknown>>;

/** A process to keep alive. */
export interface ServiceOptions {
  /** For messages. */
  readonly name: string;
  /** Arguments of the Node process. Given the ready line of the first start, so that a restart takes the same addresses. */
  readonly arguments: (firstReady: ReadyLine | undefined) => readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly readyTimeoutMs: number;
  readonly restartDelayMsMin: number;
  readonly restartDelayMsMax: number;
}

/** A service that was up for so long is healthy: its next restart is quick again. */
const HEALTHY_AFTER_MS = 10_000;

/**
 * Runs a service in a process of its own and starts it again when it dies. The process has its own group, so that Ctrl-C reaches the
 * supervisor alone, which then stops its services in order; and a standard input that ends with the supervisor, so that none outlives
 * it.
 */
export class ServiceProcess {
  readonly #options: ServiceOptions;
  #child: ChildProcess | undefined;
  #firstReady: ReadyLine | undefined;
  #isStopping = false;
  #failures = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #exited: Promise<void> = Promise.resolve();
  #lastLine: string | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it; resolves with its ready line. Rejects when it ends before, having said why on standard error. */
  async start(): Promise<ReadyLine> {
    const ready = await this.#spawn();
    this.#firstReady = ready;
    return ready;
  }

  /** For messages. */
  get name(): string {
    return this.#options.name;
  }

  /** The last line that it wrote. */
  get lastLine(): string | undefined {
    return this.#lastLine;
  }

  /** Stops it: SIGTERM, then SIGKILL when the time is up. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), timeoutMs);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  kill(): void {
    this.#isStopping = true;
    this.#child?.kill('SIGKILL');
  }

  #spawn(): Promise<ReadyLine> {
    const { name, environment, readyTimeoutMs, logger } = this.#options;
    const child = spawn(process.execPath, this.#options.arguments(this.#firstReady), {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      env: environment,
    });
    this.#child = child;
    const startedMs = Date.now();
    // It is there to end with us; writing to it is nobody's business.
    child.stdin?.on('error', () => {});
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    this.#exited = exited.then((how) => {
      this.#child = undefined;
      if (this.#isStopping || this.#firstReady === undefined) return;
      if (Date.now() - startedMs > HEALTHY_AFTER_MS) this.#failures = 0;
      logger.warn({ service: name, how }, 'a service died; starting it again');
      this.#restartLater();
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new StartError(`The ${name} was not ready within ${readyTimeoutMs / 1000} s.`));
      }, readyTimeoutMs);
      void exited.then((how) => {
        clearTimeout(timer);
        reject(new StartError(`The ${name} did not start (${how}).`));
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#lastLine = line;
        clearTimeout(timer);
        resolve(JSON.parse(line) as ReadyLine);
      });
    });
  }

  #restartLater(): void {
    const { restartDelayMsMin, restartDelayMsMax, logger, name } = this.#options;
    const delayMs = Math.min(restartDelayMsMax, restartDelayMsMin * 2 ** Math.min(this.#failures++, 16));
    this.#restartTimer = setTimeout(() => {
      this.#spawn().then(
        () => logger.warn({ service: name }, 'the service is back'),
        () => {},
      );
    }, delayMs);
  }
}
