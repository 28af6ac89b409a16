import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Campaign } from './campaign.ts';
import { type CrashOptions, parseOptions, usage } from './options.ts';
import { headingLine, type RoundResult, roundLine, summary } from './round-report.ts';

const batchesPerRound = 240;

const interrupted = new AbortController();
process.on('SIGINT', () => interrupted.abort(new Error('interrupted')));
process.on('SIGTERM', () => interrupted.abort(new Error('interrupted')));

process.exitCode = await main();

async function main(): Promise<number> {
  let options: CrashOptions | undefined;
  try {
    options = parseOptions(process.argv.slice(2), Date.now() % 1_000_000);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  return runCampaign(options);
}

async function runCampaign(options: CrashOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-crash-'));
  const { signal } = interrupted;
  const campaign = new Campaign({ folder, collectors: options.collectors, batchesPerRound, signal });
  const results: RoundResult[] = [];
  let round = 1;
  let failure: string | undefined;
  try {
    await campaign.start();
    console.log(headingLine());
    for (; round <= options.rounds; round++) {
      const result = await campaign.round(round, options.seed + round - 1);
      results.push(result);
      console.log(roundLine(result));
      if (result.findings.length > 0) throw new Error(result.findings.join('\n'));
    }
    await campaign.stop();
  } catch (error) {
    failure = messageOf(error);
  } finally {
    await campaign.kill();
  }
  const failedSeed =
    failure === undefined || signal.aborted ? undefined : options.seed + Math.min(round, options.rounds) - 1;
  if (failedSeed === undefined) rmSync(folder, { recursive: true, force: true });
  else printFailure(failure ?? '', failedSeed, options, folder);
  if (options.json) console.log(JSON.stringify(summary(results, options.seed, failedSeed, signal.aborted)));
  if (signal.aborted) return 130;
  return failedSeed === undefined ? 0 : 1;
}

function printFailure(failure: string, seed: number, options: CrashOptions, folder: string): void {
  console.error(
    `\n${failure}\n\nRepeat it: npm run crash -- --rounds 1 --seed ${seed} --collectors ${options.collectors}`,
  );
  console.error(`Data and logs: ${folder}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
