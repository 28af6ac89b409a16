import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  MirrorReceiver,
  QUERY_TIME_LIMIT_MS,
  type Receiver,
  type VerifyReport,
  verifyReceivers,
  WarehouseReceiver,
} from '@telemetry/warehouse';
import { Command } from 'commander';
import { StartError } from '../start-error.ts';
import { type CallerOptions, withCallerOptions } from './caller-options.ts';
import { DEFAULT_SQL_ADDRESS } from './options.ts';
import { EXIT_DIFFERENT, EXIT_UNKNOWN, runInterruptible } from './run-interruptible.ts';
import { isAgreed, verifyJson, verifyLines } from './verify-text.ts';
import { wholeNumber } from './whole-number.ts';
import { withWarehouseClient } from './with-warehouse-client.ts';
import { writeLine } from './write-line.ts';

interface VerifyOptions extends CallerOptions {
  readonly product?: string;
  readonly waitS: number;
  readonly json?: boolean;
}

/** How long to wait before two receivers that do not agree yet are compared again. */
const LOOK_AGAIN_MS = 1_000;

const EXPLANATION = `
A receiver is a warehouse, by the URL of its SQL interface ("http://127.0.0.1:8123"), or the file of a mirror channel, by its path. Each number of
each producer is compared: stored, declared as dropped, or not there. A number that is missing in one receiver and stored in the other is
named, the first 1,000 with their events' name and time.

It ends with 0 when both hold the same, with 1 when they do not, with 2 when it could not ask.`;

/** `telemetry verify`: whether two receivers hold the same events. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('Compare what two receivers hold, per producer, and name every missing or extra event.')
    .argument('<left>', 'a warehouse, by its URL, or a mirror file')
    .argument('[right]', 'what to compare it with', `http://${DEFAULT_SQL_ADDRESS}`)
    .option('--product <name>', 'only this product (default: all products)')
    .option(
      '--wait-s <seconds>',
      'while they differ, how long to look again: events may be on their way',
      wholeNumber(0),
      0,
    )
    .option('--json', 'print one line of JSON')
    .addHelpText('after', EXPLANATION)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNKNOWN));
  return withCallerOptions(command).action(runVerify);
}

function runVerify(left: string, right: string, options: VerifyOptions): Promise<void> {
  return runInterruptible(async (signal) => {
    const report = await withReceiver(left, options, signal, (onLeft) =>
      withReceiver(right, options, signal, (onRight) => compareUntil(onLeft, onRight, options.waitS * 1_000, signal)),
    );
    if (options.json === true) writeLine(JSON.stringify(verifyJson(report)));
    else for (const line of verifyLines(report, { left, right })) writeLine(line);
    if (!isAgreed(report)) process.exitCode = EXIT_DIFFERENT;
  });
}

/** Compares, and while there are differences and time is left compares again. */
async function compareUntil(
  left: Receiver,
  right: Receiver,
  waitMs: number,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const report = await verifyReceivers(left, right);
    if (isAgreed(report) || performance.now() + LOOK_AGAIN_MS > untilMs) return report;
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
}

async function withReceiver<Result>(
  name: string,
  options: VerifyOptions,
  signal: AbortSignal,
  work: (receiver: Receiver) => Promise<Result>,
): Promise<Result> {
  const product = options.product ?? '';
  if (/^https?:\/\//.test(name)) {
    const asked = { ...options, sqlAddress: '', clickhouseUrl: name, requestTimeoutMs: QUERY_TIME_LIMIT_MS };
    return await withWarehouseClient(asked, (client) => work(new WarehouseReceiver(name, client, product, signal)));
  }
  if (!existsSync(name)) {
    throw new StartError(`${name}: there is no such file, and it is no URL; a warehouse is named as http://host:port`);
  }
  return await work(new MirrorReceiver(name, product, signal));
}
