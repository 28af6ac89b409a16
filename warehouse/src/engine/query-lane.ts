import { LANE_QUEUE_MAX, LANE_WAIT_LIMIT_MS } from '../limits.ts';
import { ClickHouseException } from './clickhouse-exception.ts';

export type LaneOptions = {
  /** What the lane is for, in error texts: `queries`, `inserts`. */
  readonly name: string;
  /** How many run at once. */
  readonly slots: number;
  /** How many more may be waiting, for a slot or for the rest of their body. */
  readonly queueMax?: number;
  readonly waitLimitMs?: number;
};

/**
 * Bounds how many requests of one kind run and wait. Loading and asking have a lane each, so that neither can starve
 * the other of engine threads.
 */
export class QueryLane {
  readonly #options: Required<LaneOptions>;
  readonly #waiting = new Set<() => void>();
  #admitted = 0;
  #running = 0;

  constructor(options: LaneOptions) {
    this.#options = { queueMax: LANE_QUEUE_MAX, waitLimitMs: LANE_WAIT_LIMIT_MS, ...options };
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#admitted - this.#running;
  }

  /**
   * Lets a request in, before its body is read.
   *
   * @throws ClickHouseException TOO_MANY_SIMULTANEOUS_QUERIES when the lane is full.
   */
  admit(): LaneTicket {
    const { slots, queueMax, name } = this.#options;
    if (this.#admitted >= slots + queueMax) {
      throw ClickHouseException.of(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries: ${this.#running} ${name} are running (maximum ${slots}), ${this.waiting} waiting`,
      );
    }
    this.#admitted += 1;
    let running = false;
    let left = false;
    return {
      run: async (gone) => {
        await this.#slot(gone);
        running = true;
      },
      leave: () => {
        if (left) return;
        left = true;
        this.#admitted -= 1;
        if (running) this.#free();
      },
    };
  }

  async #slot(gone: AbortSignal): Promise<void> {
    if (this.#running < this.#options.slots) {
      this.#running += 1;
      return;
    }
    const { name, waitLimitMs, slots } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: ClickHouseException) => {
        clearTimeout(timer);
        gone.removeEventListener('abort', leave);
        this.#waiting.delete(settle);
        if (error === undefined) resolve();
        else reject(error);
      };
      const leave = () => settle(ClickHouseException.of('QUERY_WAS_CANCELLED', 'The client has gone'));
      const timer = setTimeout(() => {
        const text = `Too many simultaneous queries: waited ${waitLimitMs} ms for one of ${slots} ${name}`;
        settle(ClickHouseException.of('TOO_MANY_SIMULTANEOUS_QUERIES', text));
      }, waitLimitMs);
      gone.addEventListener('abort', leave);
      this.#waiting.add(settle);
      if (gone.aborted) leave();
    });
  }

  /** A slot is free: the request that has waited longest takes it over. */
  #free(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
    } else {
      next();
    }
  }
}

export type LaneTicket = {
  /** Waits for a slot, until the lane's limit or until the client has gone. */
  run(gone: AbortSignal): Promise<void>;
  /** Gives the place back, and the slot if there was one. Again and again does no harm. */
  leave(): void;
};
