import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { Command } from 'commander';
import { pino } from 'pino';
import { allowRemoteOption, dataDirOption, logLevelOption, sqlAddressOption, stopWithParentOption } from './options.ts';
import { resourceUse } from './resource-use.ts';
import { untilStopped } from './until-stopped.ts';
import { wholeNumber } from './whole-number.ts';
import { writeLine } from './write-line.ts';

interface WarehouseCommandOptions {
  readonly dataDir: string;
  readonly sqlAddress: string;
  readonly memoryMaxMib?: number;
  readonly logLevel: string;
  readonly json?: boolean;
  readonly stopWithParent: boolean;
  readonly dangerouslyAllowRemote: boolean;
}

/** `telemetry warehouse`: the embedded engine alone. */
export function warehouseCommand(): Command {
  return new Command('warehouse')
    .description('Run the embedded warehouse alone: ClickHouse behind its HTTP interface, with the tables made.')
    .addOption(dataDirOption())
    .addOption(sqlAddressOption())
    .option(
      '--memory-max-mib <mib>',
      'memory that the engine may use (default: derived from the machine)',
      wholeNumber(256),
    )
    .addOption(logLevelOption())
    .addOption(allowRemoteOption())
    .addOption(stopWithParentOption())
    .option('--json', 'print a line of JSON with the address when ready, and one with the resources used at the end')
    .action(runWarehouse);
}

async function runWarehouse(options: WarehouseCommandOptions): Promise<void> {
  const { startWarehouse } = await import('@telemetry/warehouse/process');
  const logger = pino({ name: 'warehouse', level: options.logLevel }, pino.destination(2));
  const stopped = untilStopped(options.stopWithParent);
  const warehouse = await startWarehouse({
    dataDir: join(options.dataDir, 'warehouse'),
    address: options.sqlAddress,
    logger,
    dangerouslyAllowRemote: options.dangerouslyAllowRemote,
    ...(options.memoryMaxMib === undefined ? {} : { memoryLimitBytes: options.memoryMaxMib * 1024 * 1024 }),
  });
  try {
    const client = createClient({ url: warehouse.url });
    await migrate(client, { log: (message) => logger.info(message) });
    await client.close();
    if (options.json === true) writeLine(JSON.stringify({ sql_address: warehouse.address, pid: process.pid }));
    else writeLine(`warehouse answers SQL on ${warehouse.url}`);
    await stopped;
  } finally {
    await warehouse.close();
    if (options.json === true) writeLine(JSON.stringify(resourceUse()));
  }
}
