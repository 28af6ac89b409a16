/** Where a client gets the blacklist. A list is the bytes of a `telemetry.v1.Blacklist`: what is not understood yet is not lost by reading it. */
export interface BlacklistSource {
  /**
   * Asks for the list; undefined: the version that is known is in force. Keeps the process alive until it has its answer, which its caller
   * bounds. Rejects with a `ChannelError` when there is none.
   */
  fetch(known: KnownBlacklist, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /**
   * Hears of lists while a connection of the channel is open, which the watch neither opens nor keeps open: the list in force when it opens,
   * unless it is known, and each one after. Not there where it cannot be done. Does not throw; a watch that fails is taken up by the next
   * connection.
   *
   * @returns what ends it.
   */
  watch?(known: () => KnownBlacklist, onList: (bytes: Uint8Array) => void): () => void;
}

/** What the client has. */
export interface KnownBlacklist {
  /** Version of the list; 0: none. */
  readonly version: number;
  /** Only entries that concern this product are wanted. */
  readonly product: string;
}

/** Keeps the last good list over the life of the process. Both reject when it cannot be reached. */
export interface BlacklistStore {
  /** Undefined: there is none. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
}
