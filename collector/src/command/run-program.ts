import type { Command } from 'commander';
import { writeNotice } from './write-line.ts';

/**
 * Runs the command line and returns the exit code: 0, or 1 with what went wrong and what to do on standard error. A stack is for
 * faults of ours only, and is shown with `TELEMETRY_DEBUG=1`.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader went away, as `head` does: nothing is left to do.
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    writeNotice(`telemetry: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env['TELEMETRY_DEBUG'] === '1' && error instanceof Error) writeNotice(String(error.stack));
    // An input that is listened to would keep the process alive.
    process.stdin.destroy();
    return 1;
  }
}
