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

/**
 * One pipe in use. Both its ends are open here until the engine has finished: the engine opens its own end when and as
 * often as it likes (twice when it fails on an unknown format), and each open would wait for ever without a reader, nor
 * can a query that waits there be killed. For the same reason the pipe is read to the end even if nobody wants it.
 */
export class ResultPipe {
  readonly path: string;
  /** What the engine writes. Ends after `end()`. Never destroy it before: stop reading, and `discard()`. */
  readonly output: Socket;
  /** Resolves when all has been read. */
  readonly closed: Promise<unknown>;
  readonly #writeFd: number;
  readonly #giveBack: () => void;

  constructor(path: string, giveBack: () => void) {
    this.path = path;
    this.#giveBack = giveBack;
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#writeFd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.output = new Socket({ fd: readFd, readable: true, writable: false });
    // Whoever iterates it gets the error by itself.
    this.output.on('error', () => undefined);
    this.closed = new Promise<void>((resolve) => this.output.once('close', () => resolve()));
  }

  /** The engine has finished: what it wrote is still to be read, then `output` ends. */
  end(): void {
    closeSync(this.#writeFd);
  }

  /** Reads on, for nobody. */
  discard(): void {
    this.output.resume();
  }

  /** For the next query. Only after `end()` and `closed`. */
  release(): void {
    this.#giveBack();
  }
}
