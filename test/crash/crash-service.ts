import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { READY_TIMEOUT_MS, STOP_TIMEOUT_MS } from './limits.ts';

const root = join(import.meta.dirname, '../..');
/** The warehouse's engine works on libuv's pool; `serve` sets the same for its warehouse. */
const ENGINE_THREAD_POOL_SIZE = '16';

const LOG_LINES_SHOWN = 5;

/** What a service is started with. */
export interface CrashServiceOptions {
  /** For messages and for the name of its log. */
  readonly name: string;
  /** Arguments of `telemetry`, its fixed address among them: a restarted service takes the same one. */
  readonly args: readonly string[];
  /** Options of Node itself, as `serve` gives them. Default: none. */
  readonly nodeArgs?: readonly string[];
  /** Gets the log, `<name>.log`. */
  readonly folder: string;
  /** Told when it ended although nobody killed it. */
  readonly onDied: (error: Error) => void;
}

/** A service that is killed and started again. It dies with the campaign, however that ends. */
export class CrashService {
  readonly #options: CrashServiceOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<number> = Promise.resolve(0);
  #ready: Promise<boolean> = Promise.resolve(false);
  /** Whether its end is our doing. */
  #isEnding = false;
  #isReady = false;

  constructor(options: CrashServiceOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Process id of its last start. */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  /** What it logged so far, in all its lives. */
  get log(): string {
    return readFileSync(join(this.#options.folder, `${this.name}.log`), 'utf8');
  }

  /** Whether it has said that it is ready since its last start. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Starts it; does not wait until it is ready. */
  start(): void {
    const { name, args, nodeArgs = [], folder, onDied } = this.#options;
    const logPath = join(folder, `${name}.log`);
    const log = openSync(logPath, 'a');
    const child = spawn(
      process.execPath,
      [
        ...nodeArgs,
        join(root, 'collector/src/main.ts'),
        ...args,
        '--json',
        '--log-level',
        'info',
        '--stop-with-parent',
      ],
      // Of its own process group: Ctrl-C reaches the campaign alone, which then ends what it started.
      { cwd: root, env: environment(), stdio: ['pipe', 'pipe', log], detached: true },
    );
    closeSync(log);
    // It is there to end with us.
    child.stdin?.on('error', () => {});
    this.#child = child;
    this.#isEnding = false;
    this.#isReady = false;
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve(-1));
      child.once('exit', (code) => resolve(code ?? -1));
    });
    const isOver = this.#exited.then((code) => {
      if (!this.#isEnding) onDied(new Error(`${name} ended by itself with ${code}: ${lastLines(logPath)}`));
      return false;
    });
    const hasSpoken = new Promise<boolean>((resolve) => {
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).once('line', () => {
        this.#isReady = true;
        resolve(true);
      });
    });
    this.#ready = Promise.race([hasSpoken, isOver]);
  }

  /** Resolves when it is ready. */
  async ready(signal: AbortSignal): Promise<void> {
    const isReady = await Promise.race([this.#ready, timeout(READY_TIMEOUT_MS, signal)]);
    signal.throwIfAborted();
    if (isReady !== true) throw new Error(`${this.name} is not ready within ${READY_TIMEOUT_MS / 1000} s of its start`);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(signal: AbortSignal): Promise<number> {
    this.#isEnding = true;
    this.#child?.kill('SIGTERM');
    const code = await Promise.race([this.#exited, timeout(STOP_TIMEOUT_MS, signal)]);
    if (typeof code === 'number') return code;
    await this.kill();
    throw new Error(`${this.name} did not stop within ${STOP_TIMEOUT_MS / 1000} s of SIGTERM`);
  }
}

/** Why it ended, as a rule. */
function lastLines(logPath: string): string {
  return readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
}

/** Resolves when the time is up or the signal is aborted; keeps nothing alive. */
function timeout(timeMs: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, timeMs, undefined).unref();
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Without variables that would change what the command does. */
function environment(): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(
    ([name]) => !/^(TELEMETRY_|CLICKHOUSE_|NODE_OPTIONS|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(clean), UV_THREADPOOL_SIZE: ENGINE_THREAD_POOL_SIZE };
}
