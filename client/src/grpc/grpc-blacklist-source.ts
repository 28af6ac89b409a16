import type { Channel as GrpcJsChannel } from '@grpc/grpc-js';
import { ClientError, createClient, Metadata, Status } from 'nice-grpc';
import { encodeBlacklistRequest } from '../blacklist/blacklist-messages.ts';
import type { BlacklistSource, KnownBlacklist } from '../blacklist-source.ts';
import { ChannelError } from '../errors.ts';
import { rawBlacklistService } from './blacklist-methods.ts';
import { toChannelError } from './grpc-error.ts';

/** Somebody who hears of lists. */
interface Watch {
  readonly known: () => KnownBlacklist;
  readonly onList: (bytes: Uint8Array) => void;
}

/** The connection that the source shares with others. */
interface SharedConnection {
  /** Gives it, and makes it where there is none. */
  open(): GrpcJsChannel;
  /** There was no connection, or it broke: nobody else may be there to find that out. */
  onFailed(): void;
}

/** The blacklist of a collector, over the connection that a channel has to it. */
export class GrpcBlacklistSource implements BlacklistSource {
  readonly #address: string;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #connection: SharedConnection;
  readonly #watches = new Set<Watch>();

  constructor(address: string, metadata: Readonly<Record<string, string>>, connection: SharedConnection) {
    this.#address = address;
    this.#metadata = metadata;
    this.#connection = connection;
  }

  async fetch(known: KnownBlacklist, signal: AbortSignal): Promise<Uint8Array | undefined> {
    let trailer: Metadata | undefined;
    try {
      const client = createClient(rawBlacklistService, this.#connection.open());
      return await client.getBlacklist(encodeBlacklistRequest(known), {
        signal,
        metadata: Metadata(this.#metadata),
        onTrailer: (received) => {
          trailer = received;
        },
      });
    } catch (error) {
      if (signal.aborted || (error instanceof ClientError && error.code === Status.UNAVAILABLE)) {
        this.#connection.onFailed();
      }
      if (signal.aborted) {
        throw new ChannelError(`${this.#address}: no answer for the blacklist in time`, {
          kind: 'retryable',
          cause: error,
        });
      }
      throw toChannelError(error, this.#address, trailer);
    }
  }

  watch(known: () => KnownBlacklist, onList: (bytes: Uint8Array) => void): () => void {
    const watch = { known, onList };
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
    };
  }

  /** A connection stands: watches over it until it ends. */
  connected(grpc: GrpcJsChannel, signal: AbortSignal): void {
    for (const watch of this.#watches) {
      void this.#run(grpc, watch, signal);
    }
  }

  async #run(grpc: GrpcJsChannel, watch: Watch, signal: AbortSignal): Promise<void> {
    try {
      const client = createClient(rawBlacklistService, grpc);
      const lists = client.watchBlacklist(encodeBlacklistRequest(watch.known()), {
        signal,
        metadata: Metadata(this.#metadata),
      });
      for await (const list of lists) {
        if (list !== undefined && this.#watches.has(watch)) {
          watch.onList(list);
        }
      }
    } catch {
      // The collector has too many who watch, or none at all, or the connection is over: acknowledgements name the version meanwhile.
    }
  }
}
