import { userInfo } from 'node:os';
import { auditAndRepair, QUERY_TIME_LIMIT_MS } from '@telemetry/warehouse';
import { Command } from 'commander';
import { auditJson } from './audit-json.ts';
import { auditLines } from './audit-lines.ts';
import { withCallerOptions } from './caller-options.ts';
import { clickhouseUrlOption, sqlAddressOption } from './options.ts';
import { EXIT_DIFFERENT, EXIT_UNKNOWN, runInterruptible } from './run-interruptible.ts';
import { type WarehouseOptions, withWarehouseClient } from './with-warehouse-client.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface AuditCommandOptions extends WarehouseOptions {
  readonly product?: string;
  readonly from?: string;
  readonly to?: string;
  readonly repair?: boolean;
  readonly by?: string;
  readonly json?: boolean;
}

const EXPLANATION = `
It compares, by day of receiving and product: the ledger with the raw events and the declared drops, number by number; and by day of the
event: the rollups with a recount of the raw events. Days whose raw rows may have expired are not compared, and named. Loads may go on; for
the moment in which a busy day's rollups are compared, and while something is repaired, they are held up, and batches wait in the spools.

Repaired are surplus rows, lost rows of the ledger and of drops, and rollups; each repair is on record in telemetry.repair. Raw events
that are missing cannot be made up: they are named.

It ends with 0 when all agrees, with 1 when something does not (and was not repaired), with 2 when it could not ask.`;

/** `telemetry audit`: whether ledger, raw events and rollups agree. */
export function auditCommand(): Command {
  const command = new Command('audit')
    .description('Prove for each day that ledger, raw events and rollups agree, and repair what does not.')
    .option('--from <day>', 'first day, as YYYY-MM-DD in UTC (default: the first there is)')
    .option('--to <day>', 'last day, included (default: the last there is)')
    .option('--product <name>', 'only this product (default: all products)')
    .option('--repair', 'repair what can be repaired, then audit again')
    .option('--by <name>', 'who repairs, for the record (default: your name on this machine)')
    .option('--json', 'print one line of JSON')
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption())
    .addHelpText('after', EXPLANATION)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNKNOWN));
  return withCallerOptions(command).action(runAudit);
}

function runAudit(options: AuditCommandOptions): Promise<void> {
  return runInterruptible(async (signal) => {
    const { product, from, to } = options;
    const asked = { ...options, requestTimeoutMs: QUERY_TIME_LIMIT_MS };
    const outcome = await withWarehouseClient(asked, (client) =>
      auditAndRepair(client, {
        ...(product === undefined ? {} : { product }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        repair: options.repair === true,
        doneBy: options.by ?? userInfo().username,
        onProgress: (line) => {
          if (process.stderr.isTTY) writeNotice(line);
        },
        signal,
      }),
    );
    if (options.json === true) writeLine(JSON.stringify(auditJson(outcome)));
    else for (const line of auditLines(outcome)) writeLine(line);
    if (outcome.left.findings.length + outcome.left.findingsUntold > 0) process.exitCode = EXIT_DIFFERENT;
  });
}
