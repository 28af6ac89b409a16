import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Campaign } from './campaign.ts';
import { type CrashOptions, parseOptions, usage } from './options.ts';
import { headingLine, type RoundResult, roundLine, summary } from './round-report.ts';
import { interruption, messageOf, runCommand } from './run-command.ts';

const batchesPerRound = 240;

const signal = interruption();

process.exitCode = await runCommand(
  () => parseOptions(process.argv.slice(2), Date.now() % 1_000_000),
  usage,
  runCampaign,
);

async function runCampaign(options: CrashOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-crash-'));
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
