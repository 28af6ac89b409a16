import { progressBarMs, progressLineMs } from './limits.ts';
import { type ReplayPosition, ReplayProgress } from './replay-progress.ts';

/** Where messages go: the standard error. */
export interface Terminal {
  write(text: string): void;
  /** Width of the terminal; undefined when there is none. */
  readonly columns: number | undefined;
}

const clearLine = '\r\u001b[2K';

/** Shows the progress: a bar that moves where there is a terminal, a line every few seconds where there is none. */
export class ReplayScreen {
  readonly #terminal: Terminal;
  readonly #shown: boolean;
  readonly #progress = new ReplayProgress();
  #lineAtMs: number | undefined;
  #barShown = false;

  /** @param shown whether to show the progress; messages are shown in any case. */
  constructor(terminal: Terminal, shown: boolean) {
    this.#terminal = terminal;
    this.#shown = shown;
  }

  /** How often to call `update`. */
  readonly updateMs = progressBarMs;

  update(position: ReplayPosition): void {
    if (!this.#shown) {
      return;
    }
    this.#progress.add(position);
    this.#lineAtMs ??= position.timeMs + progressLineMs;
    if (this.#terminal.columns !== undefined) {
      this.#terminal.write(`${clearLine}${this.#progress.bar(this.#terminal.columns)}`);
      this.#barShown = true;
    } else if (position.timeMs >= this.#lineAtMs) {
      this.#terminal.write(`${this.#progress.line()}\n`);
      this.#lineAtMs = position.timeMs + progressLineMs;
    }
  }

  /** A message on a line of its own; the bar goes on below it. */
  message(text: string): void {
    this.end();
    this.#terminal.write(`${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#barShown) {
      this.#terminal.write(clearLine);
      this.#barShown = false;
    }
  }
}
