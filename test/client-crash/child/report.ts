import { writeSync } from 'node:fs';
import type { ChildReport } from './child-options.ts';

const stdoutDescriptor = 1;
// The one of before any step is watched.
const write = writeSync;

/** Tells the campaign; what was told outlives this process, however it ends. */
export function report(line: ChildReport): void {
  write(stdoutDescriptor, `${JSON.stringify(line)}\n`);
}
