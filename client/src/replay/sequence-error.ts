/** A file that cannot be replayed. Permanent: the same file fails in the same way. */
export class SequenceError extends Error {
  override readonly name = 'SequenceError';
  readonly kind = 'permanent';
  readonly fileName: string;
  /** What is wrong with the file, and what is expected. */
  readonly problem: string;
  /** The line in which it is, from 1; undefined when it is in none. */
  readonly line: number | undefined;

  constructor(fileName: string, problem: string, details: { line?: number | undefined; cause?: unknown } = {}) {
    const place = details.line === undefined ? fileName : `${fileName}, line ${details.line}`;
    super(`${place}: ${problem}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.fileName = fileName;
    this.problem = problem;
    this.line = details.line;
  }
}
