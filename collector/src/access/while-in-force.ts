import { Caller } from './caller.ts';

/**
 * What `watch` yields, until `signal` is aborted or the caller is no longer let in.
 *
 * @throws Refusal `UNAUTHENTICATED` at the moment when the key is revoked.
 */
export async function* whileInForce<Item>(
  caller: Caller,
  signal: AbortSignal,
  watch: (signal: AbortSignal) => AsyncGenerator<Item>,
): AsyncGenerator<Item> {
  const ended = new AbortController();
  const stopListening = caller.onEnd(() => ended.abort());
  try {
    yield* watch(AbortSignal.any([signal, ended.signal]));
  } finally {
    stopListening();
  }
  if (ended.signal.aborted) throw Caller.ended();
}
