import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expectRoom } from '../spool/expect-room.ts';

/** As much as a group commit of a few batches. */
const PROBE_SIZE_BYTES = 64 * 1024;

/** Whether the spool's disk takes writes: what the spool finds out, and, after a failure, what a small file does. */
export class DiskState {
  readonly #folder: string;
  #error: string | undefined;
  #isProbing = false;

  /** @param folder where the probe is written */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What the last write that failed said; undefined since one has succeeded. */
  get error(): string | undefined {
    return this.#error;
  }

  failed(error: Error): void {
    this.#error = error.message;
  }

  succeeded(): void {
    this.#error = undefined;
  }

  /** Where the last write failed, tries another: nobody may send any more to one that is not ready. */
  async probe(): Promise<void> {
    if (this.#error === undefined || this.#isProbing) return;
    this.#isProbing = true;
    const path = join(this.#folder, 'probe.tmp');
    try {
      await expectRoom(this.#folder, PROBE_SIZE_BYTES);
      const file = await open(path, 'w', 0o600);
      try {
        await file.writeFile(Buffer.alloc(PROBE_SIZE_BYTES));
        await file.datasync();
      } finally {
        await file.close();
      }
      this.#error = undefined;
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error);
    } finally {
      await unlink(path).catch(() => {});
      this.#isProbing = false;
    }
  }
}
