import { Command } from 'commander';
import { fetchCollector } from '../status/fetch-collector.ts';
import { statusReport, type WarehouseStatus } from '../status/status-report.ts';
import { clickhouseUrlOption, sqlAddressOption, warehouseUrlOf, webAddressOption } from './options.ts';
import { statusLines } from './status-lines.ts';
import { withWarehouseClient } from './with-warehouse-client.ts';
import { writeLine } from './write-line.ts';

interface StatusOptions {
  readonly webAddress: string;
  readonly sqlAddress: string;
  readonly clickhouseUrl?: string;
  readonly json?: boolean;
}

/** A service that takes longer to say how it is, is not well. */
const ANSWER_TIMEOUT_MS = 5_000;

/** `telemetry status`: how a collector and its warehouse are. */
export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Print whether a collector is ready, its ledger by product, its spool and its warehouse. Ends with 1 when it is not ready.',
    )
    .addOption(webAddressOption())
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption())
    .option('--json', 'print one line of JSON')
    .action(printStatus);
}

async function printStatus(options: StatusOptions): Promise<void> {
  const { readiness, metrics } = await fetchCollector(options.webAddress, ANSWER_TIMEOUT_MS);
  const report = statusReport(readiness, metrics, await askWarehouse(warehouseUrlOf(options)));
  if (options.json === true) writeLine(JSON.stringify(report));
  else for (const line of statusLines(report)) writeLine(line);
  if (!report.ready) process.exitCode = 1;
}

async function askWarehouse(url: string): Promise<WarehouseStatus> {
  try {
    const version = await withWarehouseClient(url, async (client) => {
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
