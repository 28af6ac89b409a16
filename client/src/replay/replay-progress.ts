import { formatCount, formatDuration } from './format-numbers.ts';
import { progressRateMs } from './limits.ts';

/** Where a replay is. */
export interface ReplayPosition {
  readonly timeMs: number;
  /** Part of the work that is done, from 0 to 1; undefined when the end is not known. */
  readonly part: number | undefined;
  readonly users: number;
  readonly events: number;
  readonly batches: number;
}

const barWidth = 24;

/** Turns positions into pictures of the progress; the rates are those of the last seconds. */
export class ReplayProgress {
  /** Positions of the last seconds, the oldest first. */
  #recent: ReplayPosition[] = [];

  add(position: ReplayPosition): void {
    const first = this.#recent.findLastIndex((earlier) => earlier.timeMs <= position.timeMs - progressRateMs);
    this.#recent = [...this.#recent.slice(Math.max(0, first)), position];
  }

  /** A line for a log. */
  line(): string {
    const now = this.#recent.at(-1);
    return now === undefined ? '' : [...this.#part(now), ...this.#details(now)].join(', ');
  }

  /** A line with a bar, cut to the width of a terminal. */
  bar(columns: number): string {
    const now = this.#recent.at(-1);
    if (now === undefined) {
      return '';
    }
    const filled = Math.round((now.part ?? 0) * barWidth);
    const bar = now.part === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} `;
    return `${bar}${[...this.#part(now), ...this.#details(now)].join(' · ')}`.slice(0, Math.max(0, columns - 1));
  }

  #part(now: ReplayPosition): string[] {
    return now.part === undefined ? [] : [`${Math.floor(now.part * 100)} %`];
  }

  #details(now: ReplayPosition): string[] {
    const before = this.#recent[0] ?? now;
    const seconds = (now.timeMs - before.timeMs) / 1000;
    const counted = [`${formatCount(now.users)} users`, `${formatCount(now.events)} events`];
    if (seconds <= 0) {
      return counted;
    }
    const rates = [
      `${formatCount((now.events - before.events) / seconds)} events/s`,
      `${formatCount((now.batches - before.batches) / seconds)} batches/s`,
    ];
    const partPerSecond = ((now.part ?? 0) - (before.part ?? 0)) / seconds;
    const left = partPerSecond > 0 ? [`${formatDuration((1 - (now.part ?? 0)) / partPerSecond)} left`] : [];
    return [...counted, ...rates, ...left];
  }
}
