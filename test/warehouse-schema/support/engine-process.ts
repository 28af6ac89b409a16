import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

const main = fileURLToPath(new URL('engine-main.ts', import.meta.url));

/** A warehouse in a process of its own. */
export class EngineProcess implements AsyncDisposable {
  readonly client: ClickHouseClient;
  /** Records that were taken out of the deduplication logs at the start. */
  readonly repaired: readonly string[];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(child: ChildProcess, url: string, repaired: readonly string[]) {
    this.#child = child;
    this.#exit = once(child, 'exit');
    this.client = createClient({
      url,
      keep_alive: { enabled: false },
      request_timeout: 60_000,
      log: { level: ClickHouseLogLevel.OFF },
    });
    this.repaired = repaired;
  }

  static async start(dataDir: string): Promise<EngineProcess> {
    const child = spawn(process.execPath, [main, dataDir], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    });
    if (child.stdout === null) throw new Error('the process has no output');
    let text = '';
    for await (const chunk of child.stdout) {
      text += chunk;
      if (text.includes('\n')) break;
    }
    const { url, repaired } = JSON.parse(text);
    return new EngineProcess(child, url, repaired);
  }

  /** Kills the process as a crash would, and waits until it has gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.kill();
  }
}
