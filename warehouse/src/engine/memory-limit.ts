import { totalmem } from 'node:os';
import { SERVER_MEMORY_BYTES_MIN, SERVER_MEMORY_SHARE } from '../limits.ts';

/** Memory the engine may use by default: a share of what the machine, or the container, has. In bytes. */
export function defaultMemoryLimitBytes(): number {
  const machineBytes = totalmem();
  // 0 without a container; a huge number for one without a limit.
  const containerBytes = process.constrainedMemory() || machineBytes;
  return memoryShareBytes(Math.min(machineBytes, containerBytes));
}

/** The engine's share of so much memory, in bytes. */
export function memoryShareBytes(availableBytes: number): number {
  return Math.max(SERVER_MEMORY_BYTES_MIN, Math.floor(availableBytes * SERVER_MEMORY_SHARE));
}
