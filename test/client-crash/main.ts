import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruption, messageOf, runCommand } from '../crash/run-command.ts';
import { ClientCampaign } from './client-campaign.ts';
import { type ClientCrashOptions, parseOptions, usage } from './options.ts';
import { headingLine, type RoundResult, roundLine, summary } from './round-report.ts';

const roundSize = { slots: 3, livesPerSlot: 3, lifeMsMax: 700 };
const crowdProcesses = 8;

const signal = interruption();

process.exitCode = await runCommand(
  () => parseOptions(process.argv.slice(2), Date.now() % 1_000_000),
  usage,
  runCampaign,
);

async function runCampaign(options: ClientCrashOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-client-crash-'));
  const campaign = new ClientCampaign(folder, signal);
  const results: RoundResult[] = [];
  const rounds = options.eightForSeconds === undefined ? options.rounds : 1;
  let seed = options.seed;
  let failure: string | undefined;
  try {
    await campaign.start(options.seed);
    console.log(headingLine());
    for (let round = 1; round <= rounds; round++, seed++) {
      const result =
        options.eightForSeconds === undefined
          ? await campaign.round(round, seed, roundSize)
          : await campaign.crowd(seed, crowdProcesses, options.eightForSeconds);
      results.push(result);
      console.log(roundLine(result));
      if (result.findings.length > 0) throw new Error(result.findings.join('\n'));
    }
  } catch (error) {
    failure = messageOf(error);
  } finally {
    await campaign.kill();
  }
  const failedSeed = failure === undefined || signal.aborted ? undefined : seed;
  if (failedSeed === undefined) rmSync(folder, { recursive: true, force: true });
  else printFailure(failure ?? '', failedSeed, options, folder);
  if (options.json) console.log(JSON.stringify(summary(results, options.seed, failedSeed)));
  if (signal.aborted) return 130;
  return failedSeed === undefined ? 0 : 1;
}

function printFailure(failure: string, seed: number, options: ClientCrashOptions, folder: string): void {
  const mode = options.eightForSeconds === undefined ? '--rounds 1' : `--eight --seconds ${options.eightForSeconds}`;
  console.error(`\n${failure}\n\nRepeat it: npm run crash:client -- ${mode} --seed ${seed}`);
  console.error(`Data and logs: ${folder}`);
}
