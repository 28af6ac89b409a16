/** What the client uses of the Web Locks API. */
export interface LockManager {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly steal?: boolean },
    callback: (lock: unknown) => Promise<void> | undefined,
  ): Promise<void>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

/** A lock that this page holds. The browser releases it when the page ends, however it ends. */
export interface HeldLock {
  /** Whether it is still held: false after `release`, and when another has stolen it. */
  readonly isHeld: boolean;
  release(): void;
}

/**
 * Takes a lock if it is free, or, with `steal`, from whoever holds it. Undefined: another has it.
 */
export async function takeLock(locks: LockManager, name: string, steal: boolean): Promise<HeldLock | undefined> {
  const taken = Promise.withResolvers<HeldLock | undefined>();
  const released = Promise.withResolvers<void>();
  let isHeld = true;
  const held: HeldLock = {
    get isHeld() {
      return isHeld;
    },
    release: () => {
      isHeld = false;
      released.resolve();
    },
  };
  const request = locks.request(name, steal ? { steal } : { ifAvailable: true }, (lock) => {
    taken.resolve(lock === null ? undefined : held);
    return lock === null ? undefined : released.promise;
  });
  request.catch((error: unknown) => {
    isHeld = false;
    // Stolen, when it had been taken before; otherwise the page may have no locks.
    taken.reject(error);
  });
  return taken.promise;
}

/** Names of the locks that any page of this site holds. */
export async function heldNames(locks: LockManager): Promise<string[]> {
  const { held = [] } = await locks.query();
  return held.map(({ name = '' }) => name);
}
