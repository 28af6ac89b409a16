import { join } from 'node:path';
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { type ServiceAccessOptions, serviceAccess, withServiceAccess } from './access-options.ts';
import {
  allowRemoteOption,
  clickhouseUrlOption,
  dataDirOption,
  grpcAddressOption,
  logLevelOption,
  sqlAddressOption,
  stopWithParentOption,
  warehouseUrlOf,
  webAddressOption,
  webAllowOriginOption,
} from './options.ts';
import { makeFilesPrivate } from './private-files.ts';
import { resourceUse } from './resource-use.ts';
import { SERVICE_KEY_VARIABLE, takeKey, WAREHOUSE_KEY_VARIABLE } from './service-key.ts';
import { untilStopped } from './until-stopped.ts';
import { wholeNumber } from './whole-number.ts';
import { writeLine } from './write-line.ts';

interface CollectorCommandOptions extends ServiceAccessOptions {
  readonly grpcAddress: string;
  readonly webAddress: string;
  readonly webAllowOrigin: readonly string[];
  readonly readyLagS?: number;
  readonly sqlAddress: string;
  readonly clickhouseUrl?: string;
  readonly handoverDir?: string;
  readonly spoolMaxMib?: number;
  readonly loadTimeoutS?: number;
  readonly logLevel: string;
  readonly json?: boolean;
  readonly stopWithParent: boolean;
  readonly dangerouslyAllowRemote: boolean;
}

/** `telemetry collector`: a collector alone, for more than one of them on a warehouse. */
export function collectorCommand(): Command {
  const command = new Command('collector')
    .description('Run a collector alone, on a warehouse that runs elsewhere. SIGTERM drains and stops it.')
    .addOption(dataDirOption())
    .addOption(grpcAddressOption())
    .addOption(webAddressOption())
    .addOption(webAllowOriginOption())
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption())
    .addOption(handoverDirOption())
    .option('--spool-max-mib <mib>', 'spooled MiB at which batches are refused (default: 8192)', wholeNumber(1))
    .option(
      '--ready-lag-s <seconds>',
      'how far the loader may lag before it is not ready (default: 600)',
      wholeNumber(1),
    )
    .option(
      '--load-timeout-s <seconds>',
      'longest load into the warehouse; the same for all its collectors (default: 120)',
      wholeNumber(1),
    )
    .addOption(logLevelOption())
    .addOption(allowRemoteOption())
    .addOption(stopWithParentOption())
    .option('--json', 'print a line of JSON with the address when ready, and one with the resources used at the end');
  return withServiceAccess(command).action(runCollector);
}

/** Set by `serve`: where its warehouse takes over columns. */
const handoverDirOption = () => new Option('--handover-dir <folder>').hideHelp();

async function runCollector(options: CollectorCommandOptions): Promise<void> {
  const warehouseKey = takeKey(WAREHOUSE_KEY_VARIABLE);
  makeFilesPrivate();
  // Loaded here, not above: a command that asks a question should not wait for the gRPC library.
  const { startCollector } = await import('../start-collector.ts');
  const logger = pino({ name: 'collector', level: options.logLevel }, pino.destination(2));
  const stopped = untilStopped(options.stopWithParent);
  const collector = await startCollector({
    dataDir: join(options.dataDir, 'collector'),
    grpcAddress: options.grpcAddress,
    webAddress: options.webAddress,
    webAllowedOrigins: options.webAllowOrigin,
    ...(options.readyLagS === undefined ? {} : { loaderLagMsMax: options.readyLagS * 1000 }),
    warehouseUrl: warehouseUrlOf(options),
    ...(options.handoverDir === undefined ? {} : { handoverPath: options.handoverDir }),
    ...(warehouseKey === undefined ? {} : { warehouseKey }),
    ...serviceAccess(options),
    serviceKey: takeKey(SERVICE_KEY_VARIABLE),
    logger,
    dangerouslyAllowRemote: options.dangerouslyAllowRemote,
    ...(options.loadTimeoutS === undefined ? {} : { loadTimeoutMs: options.loadTimeoutS * 1000 }),
    ...(options.spoolMaxMib === undefined ? {} : { spoolSizeBytesMax: options.spoolMaxMib * 1024 * 1024 }),
  });
  const { grpcAddress, webAddress } = collector;
  if (options.json === true)
    writeLine(JSON.stringify({ grpc_address: grpcAddress, web_address: webAddress, pid: process.pid }));
  else writeLine(`collector listens on ${grpcAddress} (gRPC) and ${webAddress} (web)`);
  await stopped;
  await collector.close();
  if (options.json === true) writeLine(JSON.stringify(resourceUse()));
}
