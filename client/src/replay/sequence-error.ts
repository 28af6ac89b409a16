/** A file that cannot be replayed. Permanent: the same file fails in the same way. */
export class SequenceError extends Error {
  override readonly name = 'SequenceError';
  readonly kind = 'permanent';

  /** @param message what is wrong with the file, where, and what is expected. */
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
