import { senderRestMs, senderShiftMs } from '../limits.ts';

/** When a sender sends and when it rests: an application that has ended must not be held by what others go on to write. */
export class SenderShift {
  readonly #clockMs: () => number;
  #endsMs: number;

  constructor(clockMs: () => number) {
    this.#clockMs = clockMs;
    this.#endsMs = clockMs() + senderShiftMs;
  }

  get isResting(): boolean {
    const nowMs = this.#clockMs();
    if (nowMs >= this.#endsMs + senderRestMs) {
      this.begin();
    }
    return nowMs >= this.#endsMs && nowMs < this.#endsMs + senderRestMs;
  }

  /** Begins anew, as when somebody waits. */
  begin(): void {
    this.#endsMs = this.#clockMs() + senderShiftMs;
  }
}
