import type { ClickHouseClient } from '@clickhouse/client';

/** Lets a load die before or after one of its steps. */
export class CrashPlan {
  readonly #step: number;
  readonly #when: 'before' | 'after';
  #steps = 0;
  hasCrashed = false;

  constructor(step: number, when: 'before' | 'after') {
    this.#step = step;
    this.#when = when;
  }

  async step<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.hasCrashed) throw new Error('dead');
    if (++this.#steps !== this.#step) return work();
    // What the warehouse answers does not reach the dead.
    if (this.#when === 'after') await work().catch(() => {});
    this.hasCrashed = true;
    throw new Error('dead');
  }

  around(target: ClickHouseClient): ClickHouseClient {
    return new Proxy(target, {
      get: (object, name) => {
        const value = Reflect.get(object, name) as unknown;
        if (name !== 'exec' && name !== 'insert' && name !== 'command') return value;
        return (...args: unknown[]) =>
          this.step(async () => {
            const result = (await (value as (...given: unknown[]) => Promise<unknown>).apply(object, args)) as {
              stream?: AsyncIterable<unknown>;
            };
            return result;
          });
      },
    });
  }
}
