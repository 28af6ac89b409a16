import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Named pipes through which the engine streams results (`INTO OUTFILE`).
 *
 * Not chdb's own streaming: that begins every chunk anew (header lines repeat, "rows" of JSON is the last chunk's,
 * Parquet breaks: measured, 57 of 97 formats differ), and runs scalar subqueries on the calling thread, which is ours.
 * Through a pipe the engine writes the format once, on its own threads, and stops when the reader does not read.
 */
export class ResultPipes {
  readonly #free: string[];

  private constructor(paths: readonly string[]) {
    this.#free = [...paths];
  }

  /** Makes `count` pipes in `directory`. They live as long as it does. */
  static async create(directory: string, count: number): Promise<ResultPipes> {
    const paths = Array.from({ length: count }, (_, index) => join(directory, `result-${index}`));
    // Node cannot make a pipe; one process for all of them.
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
    return new ResultPipes(paths);
  }

  /** A pipe nobody uses. There are as many as queries may run. */
  take(): ResultPipe {
    const path = this.#free.pop();
    if (path === undefined) throw new Error('more queries are running than there are result pipes');
    return new ResultPipe(path, () => this.#free.push(path));
  }
}

export class ResultPipe {
  readonly path: string;
  /** What the engine writes. Ends after `end()`; destroy it to stop the engine's writing. */
  readonly output: Socket;
  readonly #giveBack: () => void;

  constructor(path: string, giveBack: () => void) {
    this.path = path;
    this.#giveBack = giveBack;
    // Opened before the engine opens its end, and without blocking: a pipe's open waits for the other side otherwise.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.output = new Socket({ fd, readable: true, writable: false });
    // Destroyed on purpose when a client goes away; whoever iterates it gets the error by itself.
    this.output.on('error', () => undefined);
  }

  /** The engine has finished: what it wrote is still to be read, then `output` ends. */
  end(): void {
    try {
      // A statement that failed early, or has no result, never opened the pipe, and so never closed it.
      closeSync(openSync(this.path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // ENXIO: our end is closed already.
    }
  }

  /** The engine has finished and nobody reads any more. */
  release(): void {
    this.output.destroy();
    this.#giveBack();
  }
}
