import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import { WarehouseError } from '../warehouse-error.ts';

/** Who owns a data directory: for people who find it taken. */
export type Owner = {
  readonly pid: number;
  /** `host:port` of its HTTP interface, once it listens. */
  readonly address: string | undefined;
  /** ISO 8601. */
  readonly since: string;
};

const FILE_NAME = 'owner.lock';

/**
 * Ownership of a data directory: a lock of the operating system's on a file in it. It ends with the process, however
 * that ends, so there are no stale locks; the file stays, and its contents are for error texts only.
 */
export class OwnerLock {
  readonly #fd: number;
  readonly #since: string;

  private constructor(fd: number, since: string) {
    this.#fd = fd;
    this.#since = since;
  }

  /**
   * @throws WarehouseError `data-dir-locked` when another process has it, naming it.
   * @throws the file system's own errors.
   */
  static acquire(dataDir: string, now: Date): OwnerLock {
    const path = join(dataDir, FILE_NAME);
    const fd = openSync(path, 'a+', 0o600);
    if (!tryLock(fd)) {
      closeSync(fd);
      throw new WarehouseError('data-dir-locked', lockedText(dataDir, readOwner(path)));
    }
    const lock = new OwnerLock(fd, now.toISOString());
    lock.publish(undefined);
    return lock;
  }

  /** Writes down where this process can be reached. */
  publish(address: string | undefined): void {
    const owner: Owner = { pid: process.pid, address, since: this.#since };
    ftruncateSync(this.#fd, 0);
    writeSync(this.#fd, `${JSON.stringify(owner)}\n`);
  }

  release(): void {
    ftruncateSync(this.#fd, 0);
    unlock(this.#fd);
    closeSync(this.#fd);
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && 'pid' in value ? (value as Owner) : undefined;
  } catch {
    // Being written at this moment, or not ours: the lock alone counts.
    return undefined;
  }
}

function lockedText(dataDir: string, owner: Owner | undefined): string {
  const who = owner === undefined ? 'another process' : `process ${owner.pid}, running since ${owner.since}`;
  const where = owner?.address === undefined ? '' : ` and serving SQL on http://${owner.address}`;
  return (
    `The data directory ${dataDir} is in use by ${who}${where}. One process at a time can own it: ` +
    'use that one (CLICKHOUSE_URL), stop it, or choose another directory (TELEMETRY_DATA_DIR).'
  );
}
