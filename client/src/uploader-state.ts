import type { ChannelConnection } from './channel.ts';

/**
 * - `idle`: no connection, and none wanted.
 * - `waiting`: no connection, until the pacer allows one.
 * - `connecting`: a connection is being made.
 * - `open`: batches go out and acknowledgements come in.
 * - `ending`: the connection was told to end; until it has, nothing else happens.
 * - `closed`: for good.
 */
export type UploaderState =
  | { readonly kind: 'idle' | 'waiting' | 'closed' }
  | { readonly kind: 'connecting' | 'open' | 'ending'; readonly connection: ChannelConnection };
