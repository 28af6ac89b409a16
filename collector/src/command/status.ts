import { Command } from 'commander';
import { fetchCollector } from '../status/fetch-collector.ts';
import { statusReport, type WarehouseStatus } from '../status/status-report.ts';
import { callerTls, withCallerOptions } from './caller-options.ts';
import { clickhouseUrlOption, sqlAddressOption, webAddressOption } from './options.ts';
import { statusLines } from './status-lines.ts';
import { type WarehouseOptions, withWarehouseClient } from './with-warehouse-client.ts';
import { writeLine } from './write-line.ts';

interface StatusOptions extends WarehouseOptions {
  readonly webAddress: string;
  readonly json?: boolean;
}

/** A service that takes longer to say how it is, is not well. */
const ANSWER_TIMEOUT_MS = 5_000;

/** `telemetry status`: how a collector and its warehouse are. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description(
      'Print whether a collector is ready, its ledger by product, its spool and its warehouse. Ends with 1 when it is not ready.',
    )
    .addOption(webAddressOption())
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption())
    .option('--json', 'print one line of JSON');
  return withCallerOptions(command).action(printStatus);
}

async function printStatus(options: StatusOptions): Promise<void> {
  const { readiness, metrics } = await fetchCollector({
    webAddress: options.webAddress,
    key: options.key,
    tls: callerTls(options),
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  const report = statusReport(readiness, metrics, await askWarehouse(options));
  if (options.json === true) writeLine(JSON.stringify(report));
  else for (const line of statusLines(report)) writeLine(line);
  if (!report.ready) process.exitCode = 1;
}

async function askWarehouse(options: WarehouseOptions): Promise<WarehouseStatus> {
  try {
    const version = await withWarehouseClient(options, async (client) => {
      const query = 'SELECT version()';
      const answer = await client.query({
        query,
        format: 'JSONCompact',
        abort_signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      return (await answer.json<[string]>()).data[0]?.[0] ?? '';
    });
    return { reachable: true, version, error: null };
  } catch (error) {
    return { reachable: false, version: null, error: error instanceof Error ? error.message : String(error) };
  }
}
