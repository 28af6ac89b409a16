import { readdir, readFile } from 'node:fs/promises';
import { INSERT_SLOTS_MAX, QUERY_SLOTS_MAX, THREAD_POOL_RESERVE, THREAD_POOL_SIZE_DEFAULT } from '../limits.ts';

/**
 * Size of libuv's thread pool, on which the engine's queries run. It is fixed when the pool starts
 * (`UV_THREADPOOL_SIZE`) and Node does not tell it, but Linux does: the threads have a name.
 *
 * @returns the default of 4 where it cannot be seen.
 */
export async function threadPoolSize(): Promise<number> {
  try {
    // Reading this directory has started the pool, if nothing had before.
    const tasks = await readdir('/proc/self/task');
    const names = await Promise.all(
      tasks.map((task) => readFile(`/proc/self/task/${task}/comm`, 'utf8').catch(() => '')),
    );
    const workers = names.filter((name) => name.trim() === 'libuv-worker').length;
    return workers > 0 ? workers : THREAD_POOL_SIZE_DEFAULT;
  } catch {
    return THREAD_POOL_SIZE_DEFAULT;
  }
}

export type LaneSlots = { readonly queries: number; readonly inserts: number };

/** How many queries and inserts may run at once on a pool of this size; at least one each. */
export function laneSlots(poolSize: number): LaneSlots {
  const usable = Math.max(2, poolSize - THREAD_POOL_RESERVE);
  const inserts = Math.max(1, Math.min(INSERT_SLOTS_MAX, Math.floor(usable / 3)));
  return { inserts, queries: Math.max(1, Math.min(QUERY_SLOTS_MAX, usable - inserts)) };
}
