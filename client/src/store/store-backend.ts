/**
 * Where a store keeps its files: a folder, memory, a browser's database. A path is a folder and a name with a slash between; folders need not be made.
 * What fails rejects with the reason of the system beneath; the store keeps its events in memory then, and tries again.
 */
export interface StoreBackend {
  /**
   * Makes ready, and joins the processes that live: as this producer, until `close` or the end of the process. Finishes what dead processes
   * left half done. Rejects when the store cannot be used here at all.
   *
   * @param producer 32 hexadecimal digits.
   */
  open(producer: string): Promise<void>;
  /** Finishes what processes have left half done that died since. */
  recover(): Promise<void>;
  /** Names of the files in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  /** What a file holds; undefined: there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a file, in each of the places: whole and durable when it resolves. After a crash it is there whole or not at all, and in all places
   * or none once somebody has opened the store again. Takes the place of a file that is there.
   */
  write(bytes: Uint8Array, ...paths: [string, ...string[]]): Promise<void>;
  /** The same for what need not outlive the machine. */
  put(bytes: Uint8Array, path: string): Promise<void>;
  /**
   * Gives a file another name, in place of a file that has it. Of several processes that try with the same file one wins, and the others get
   * false. Durable after `sync` of the folder.
   */
  rename(from: string, to: string): Promise<boolean>;
  /** Removes a file; false when it was not there. */
  remove(path: string): Promise<boolean>;
  /** Removes every file that holds anything of what was logged: all folders but `state`. */
  wipe(): Promise<void>;
  /** Makes renames and removals in a folder durable. */
  sync(folder: string): Promise<void>;
  /**
   * Takes a lock that ends with its holder's process. Undefined: another has it. A holder that shows no sign of life for `lockSilenceMs`, as
   * observed by calls of this, loses it.
   */
  tryLock(name: string): Promise<StoreLock | undefined>;
  /** Producers whose processes live, this one included. */
  liveProducers(): Promise<ReadonlySet<string>>;
  /** Calls back soon after a file came or changed, in any folder named; may call too often, and may miss some. Returns what ends it. */
  watch(folders: readonly string[], onChange: () => void): () => void;
  /** Leaves the processes that live. */
  close(): Promise<void>;
  /** For the moment in which a process exits and nothing asynchronous happens any more; only where there is such a thing. */
  readonly atExit?: ExitBackend | undefined;
}

/** What a backend does while its process exits. Throws what the system beneath throws. */
export interface ExitBackend {
  /** Finishes the writes that were begun. */
  finishWrites(): void;
  write(bytes: Uint8Array, ...paths: [string, ...string[]]): void;
}

/** A lock that was taken. */
export interface StoreLock {
  /** Shows that the holder lives, and says whether the lock is still its own. */
  beat(): Promise<boolean>;
  release(): Promise<void>;
}
