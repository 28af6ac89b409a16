import { ChannelError, toError } from '../errors.ts';

/** A failure of the store, as `error` handlers hear of it. */
export function storeError(thrown: unknown): ChannelError {
  const cause = toError(thrown);
  return new ChannelError(`store: ${cause.message}`, { kind: 'retryable', cause });
}
