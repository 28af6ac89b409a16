import type { Platform, PlatformTimer } from '../platform.ts';

/** Runs a task one turn at a time: as often as it is asked for, never twice at once, and again later when it fails. */
export class Turns {
  readonly #task: () => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  readonly #platform: Platform;
  readonly #backoffMsMax: number;
  #running: Promise<void> | undefined;
  #asked = false;
  #ended = false;
  #failures = 0;
  #retry: PlatformTimer | undefined;

  constructor(
    task: () => Promise<void>,
    onFailure: (error: unknown) => void,
    platform: Platform,
    backoffMsMax: number,
  ) {
    this.#task = task;
    this.#onFailure = onFailure;
    this.#platform = platform;
    this.#backoffMsMax = backoffMsMax;
  }

  /** Asks for a turn; while one waits after a failure, there is none before its time. */
  ask(): void {
    this.#asked = true;
    if (this.#running === undefined && this.#retry === undefined && !this.#ended) {
      this.#running = this.#run();
    }
  }

  /** Takes no more turns. Resolves when the last one has ended. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#retry?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    // In a turn of the event loop of its own: whoever asks goes on at once.
    await undefined;
    while (this.#asked && !this.#ended) {
      this.#asked = false;
      try {
        await this.#task();
        this.#failures = 0;
      } catch (error) {
        this.#failed(error);
        break;
      }
    }
    this.#running = undefined;
  }

  #failed(error: unknown): void {
    this.#asked = true;
    this.#failures += 1;
    if (this.#failures === 1) {
      this.#onFailure(error);
    }
    if (!this.#ended) {
      const ceilingMs = Math.min(this.#backoffMsMax, 1000 * 2 ** Math.min(this.#failures - 1, 20));
      this.#retry = this.#platform.setTimer(
        () => {
          this.#retry = undefined;
          this.ask();
        },
        ceilingMs * (0.5 + this.#platform.random() / 2),
      );
    }
  }
}
