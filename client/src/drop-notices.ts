import type { DropReason } from '@telemetry/gen/constants';
import type { DropNotice } from './api.ts';
import { type DropReasonName, dropReasonName } from './drop-reason-name.ts';
import { dropNoticesMax } from './limits.ts';
import type { Platform } from './platform.ts';

interface OpenNotice {
  reason: DropReasonName;
  firstSeq: number;
  lastSeq: number;
  count: number;
  problem: string;
}

/**
 * Collects drops until the event loop's next turn, and tells of them then: a handler never runs inside `log`, and one that logs an
 * invalid event itself cannot make the two call each other for ever.
 */
export class DropNotices {
  readonly #platform: Platform;
  readonly #tell: (notice: DropNotice) => void;
  #open: OpenNotice[] = [];
  #scheduled = false;

  constructor(platform: Platform, tell: (notice: DropNotice) => void) {
    this.#platform = platform;
    this.#tell = tell;
  }

  add(firstSeq: number, lastSeq: number, reason: DropReason, problem: string): void {
    const name = dropReasonName(reason);
    const count = lastSeq - firstSeq + 1;
    const open = this.#mergeable(name, firstSeq);
    if (open === undefined) {
      this.#open.push({ reason: name, firstSeq, lastSeq, count, problem });
    } else {
      open.firstSeq = Math.min(open.firstSeq, firstSeq);
      open.lastSeq = Math.max(open.lastSeq, lastSeq);
      open.count += count;
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#platform.setTimer(() => this.flush(), 0);
    }
  }

  /** The notice that a run goes on with; when there are too many notices, the last of its reason. */
  #mergeable(name: DropReasonName, firstSeq: number): OpenNotice | undefined {
    const last = this.#open.at(-1);
    if (last?.reason === name && last.lastSeq === firstSeq - 1) {
      return last;
    }
    return this.#open.length < dropNoticesMax ? undefined : this.#open.findLast((notice) => notice.reason === name);
  }

  /** Tells now. */
  flush(): void {
    this.#scheduled = false;
    const notices = this.#open;
    this.#open = [];
    for (const notice of notices) {
      this.#tell(notice);
    }
  }
}
