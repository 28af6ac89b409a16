import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { type ServiceAccessOptions, serviceAccess, withServiceAccess } from './access-options.ts';
import { configureEngineAllocator } from './engine-allocator.ts';
import { allowRemoteOption, dataDirOption, logLevelOption, sqlAddressOption, stopWithParentOption } from './options.ts';
import { makeFilesPrivate } from './private-files.ts';
import { resourceUse } from './resource-use.ts';
import { newServiceKey, SERVICE_KEY_VARIABLE, takeKey } from './service-key.ts';
import { untilStopped } from './until-stopped.ts';
import { wholeNumber } from './whole-number.ts';
import { writeLine } from './write-line.ts';

interface WarehouseCommandOptions extends ServiceAccessOptions {
  readonly sqlAddress: string;
  readonly loopbackSqlAddress: string;
  readonly memoryMaxMib?: number;
  readonly logLevel: string;
  readonly json?: boolean;
  readonly stopWithParent: boolean;
  readonly dangerouslyAllowRemote: boolean;
}

/** `telemetry warehouse`: the embedded engine alone. */
export function warehouseCommand(): Command {
  const command = new Command('warehouse')
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
    .addOption(loopbackSqlAddressOption())
    .option('--json', 'print a line of JSON with the address when ready, and one with the resources used at the end');
  return withServiceAccess(command).action(runWarehouse);
}

/** Set by `serve`: where its collector reaches an SQL port that is encrypted, without a certificate of its own. */
const loopbackSqlAddressOption = () =>
  new Option('--loopback-sql-address <host:port>').default('127.0.0.1:0').hideHelp();

async function runWarehouse(options: WarehouseCommandOptions): Promise<void> {
  const serviceKey = takeKey(SERVICE_KEY_VARIABLE) ?? newServiceKey();
  makeFilesPrivate();
  const access = serviceAccess(options);
  configureEngineAllocator();
  const { startWarehouse } = await import('@telemetry/warehouse/process');
  const logger = pino({ name: 'warehouse', level: options.logLevel }, pino.destination(2));
  const stopped = untilStopped(options.stopWithParent);
  const warehouse = await startWarehouse({
    dataDir: join(options.dataDir, 'warehouse'),
    address: options.sqlAddress,
    ...access,
    serviceKey,
    ...(access.tls === undefined ? {} : { loopbackAddress: options.loopbackSqlAddress }),
    logger,
    dangerouslyAllowRemote: options.dangerouslyAllowRemote,
    ...(options.memoryMaxMib === undefined ? {} : { memoryLimitBytes: options.memoryMaxMib * 1024 * 1024 }),
  });
  try {
    const { address, url, loopbackAddress, handoverPath } = warehouse;
    const ownUrl = loopbackAddress === undefined ? url : `http://${loopbackAddress}`;
    const client = createClient({ url: ownUrl, password: serviceKey });
    await migrate(client, { log: (message) => logger.info(message) });
    await client.close();
    const ready = { sql_address: address, sql_url: url, own_url: ownUrl, handover_dir: handoverPath, pid: process.pid };
    if (options.json === true) writeLine(JSON.stringify(ready));
    else writeLine(`warehouse answers SQL on ${url}`);
    await stopped;
  } finally {
    await warehouse.close();
    if (options.json === true) writeLine(JSON.stringify(resourceUse()));
  }
}
