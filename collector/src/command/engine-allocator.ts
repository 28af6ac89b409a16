import { availableParallelism } from 'node:os';

/** By which the engine's allocator (jemalloc) is told what it does: `man jemalloc`, "TUNING". Read as the engine's library is loaded. */
const VARIABLE = 'JE_MALLOC_CONF';

/**
 * Cores for each of the allocator's arenas, whose memory is not shared. One arena a core, as the engine has it, keeps what each of several threads has used: on two cores
 * a load every four seconds took 2.1 GB at peak, with one arena 1.4 to 1.6. More than two cores were not measured.
 */
const CORES_PER_ARENA = 4;

/**
 * What a load has used is kept for the next one, in large pages, and given back after five minutes in which nobody needed it: a load of 560,000 events takes
 * 0.5 to 1 GB, which the engine gives back within five seconds or, of pieces of 64 MiB, at once. A load a second had 45,000 page faults and 1.97 CPU-s a
 * million events; kept, it has 1,000 and 1.63 (means of six runs in turn; 1.44 to 2.00 against 1.63 to 2.36). Without large pages in the system (`madvise` or
 * `always` in `/sys/kernel/mm/transparent_hugepage/enabled`) only the faults of what is kept go.
 *
 * Not 30 seconds: a load every four seconds gave back 100 to 250 MB each time. In a virtual machine that reports free pages to its host, the disk
 * stood still for each report, a millisecond a MB. With five minutes and one arena, in turn at 300 batches/s: the warehouse 1.73 and 1.65 CPU-s a
 * million events, before 1.92 and 1.92; ack p99 51 and 33 ms, before 87 and 54.
 */
export function engineAllocatorConfiguration(cores: number): string {
  const arenas = Math.ceil(cores / CORES_PER_ARENA);
  return `thp:always,oversize_threshold:0,dirty_decay_ms:300000,percpu_arena:disabled,narenas:${arenas}`;
}

/** Sets how the engine's allocator keeps memory, unless somebody has. To be called before the engine is imported. */
export function configureEngineAllocator(environment: NodeJS.ProcessEnv = process.env): void {
  environment[VARIABLE] ??= engineAllocatorConfiguration(availableParallelism());
}
