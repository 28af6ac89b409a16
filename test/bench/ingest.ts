/**
 * How fast the real processes take, store and answer, and what that costs: `npm run bench:ingest -- --help`. Progress goes to standard
 * error, the figures to standard output. Ends with 1 when what is stored is not what was acknowledged.
 */
import { parseBenchOptions, UsageError, usage } from './ingest/bench-options.ts';
import { renderReport } from './ingest/report.ts';
import { runBench } from './ingest/run-bench.ts';

const INTERRUPTED_EXIT_CODE = 130;

async function main(): Promise<number> {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error('interrupted')));
  try {
    const report = await runBench(options, (line) => process.stderr.write(`${line}\n`), stop.signal);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : renderReport(report));
    return report.exact ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('interrupted\n');
    return INTERRUPTED_EXIT_CODE;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
