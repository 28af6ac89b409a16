import { DISK_LOOK_MS } from '../limits.ts';
import { expectRoom } from './expect-room.ts';

/** Looks whether there is room on a disk before each write, and asks the system only now and then: a question costs as much as a small write. */
export class DiskRoom {
  readonly #folder: string;
  readonly #steadyClock: () => number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** What the last look has left for writes until the next. */
  #restSizeBytes = 0;

  /** @param steadyClock milliseconds by a clock that never steps */
  constructor(folder: string, steadyClock: () => number) {
    this.#folder = folder;
    this.#steadyClock = steadyClock;
  }

  /** Throws what `expectRoom` does. */
  async expect(sizeBytes: number): Promise<void> {
    const nowMs = this.#steadyClock();
    if (nowMs - this.#lookedMs >= DISK_LOOK_MS || sizeBytes > this.#restSizeBytes) {
      this.#restSizeBytes = 0;
      this.#restSizeBytes = await expectRoom(this.#folder, sizeBytes);
      this.#lookedMs = nowMs;
    }
    this.#restSizeBytes -= sizeBytes;
  }
}
