import { readFileSync } from 'node:fs';

/** Linux counts the time of processes in hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100;
/** Places in `/proc/PID/stat`, counted from the one behind the name, which may hold spaces. */
const STAT_USER_TICKS = 11;
const STAT_SYSTEM_TICKS = 12;

/** What a process has used since it started. */
export interface ProcessUse {
  /** User and system time. */
  readonly cpuS: number;
  /** Largest resident set so far. */
  readonly peakRssBytes: number;
}

/** Reads what a process has used. Linux only: throws elsewhere, and when there is no such process. */
export function processUse(pid: number): ProcessUse {
  if (process.platform !== 'linux') throw new Error('What processes use is read from /proc, which only Linux has.');
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[STAT_USER_TICKS]) + Number(fields[STAT_SYSTEM_TICKS]);
  const peakKib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return { cpuS: ticks / TICKS_PER_SECOND, peakRssBytes: Number(peakKib) * 1024 };
}
