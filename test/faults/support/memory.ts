import { readFileSync, writeFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Memory of a process, in MiB. */
export interface Memory {
  /** Resident now. */
  readonly residentMib: number;
  /** Largest resident set since the start, or since `forgetPeak`. */
  readonly peakMib: number;
}

/** Reads the memory of a process from `/proc`, which only Linux has. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mib = (field: string) => {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return Math.round((Number(kib) * 1024) / MIB);
  };
  return { residentMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}

/** Lets the peak begin anew from what is resident now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
