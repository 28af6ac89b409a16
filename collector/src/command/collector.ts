import { join } from 'node:path';
import { Command } from 'commander';
import { pino } from 'pino';
import {
  allowRemoteOption,
  clickhouseUrlOption,
  dataDirOption,
  grpcAddressOption,
  logLevelOption,
  sqlAddressOption,
  stopWithParentOption,
  warehouseUrlOf,
} from './options.ts';
import { resourceUse } from './resource-use.ts';
import { untilStopped } from './until-stopped.ts';
import { wholeNumber } from './whole-number.ts';
import { writeLine } from './write-line.ts';

interface CollectorCommandOptions {
  readonly dataDir: string;
  readonly grpcAddress: string;
  readonly sqlAddress: string;
  readonly clickhouseUrl?: string;
  readonly spoolMaxMib?: number;
  readonly logLevel: string;
  readonly json?: boolean;
  readonly stopWithParent: boolean;
  readonly dangerouslyAllowRemote: boolean;
}

/** `telemetry collector`: a collector alone, for more than one of them on a warehouse. */
export function collectorCommand(): Command {
  return new Command('collector')
    .description('Run a collector alone, on a warehouse that runs elsewhere. SIGTERM drains and stops it.')
    .addOption(dataDirOption())
    .addOption(grpcAddressOption())
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption())
    .option('--spool-max-mib <mib>', 'spooled MiB at which batches are refused (default: 8192)', wholeNumber(1))
    .addOption(logLevelOption())
    .addOption(allowRemoteOption())
    .addOption(stopWithParentOption())
    .option('--json', 'print a line of JSON with the address when ready, and one with the resources used at the end')
    .action(runCollector);
}

async function runCollector(options: CollectorCommandOptions): Promise<void> {
  // Loaded here, not above: a command that asks a question should not wait for the gRPC library.
  const { startCollector } = await import('../start-collector.ts');
  const logger = pino({ name: 'collector', level: options.logLevel }, pino.destination(2));
  const stopped = untilStopped(options.stopWithParent);
  const collector = await startCollector({
    dataDir: join(options.dataDir, 'collector'),
    grpcAddress: options.grpcAddress,
    warehouseUrl: warehouseUrlOf(options),
    logger,
    dangerouslyAllowRemote: options.dangerouslyAllowRemote,
    ...(options.spoolMaxMib === undefined ? {} : { spoolSizeBytesMax: options.spoolMaxMib * 1024 * 1024 }),
  });
  if (options.json === true) writeLine(JSON.stringify({ grpc_address: collector.grpcAddress, pid: process.pid }));
  else writeLine(`collector listens on ${collector.grpcAddress}`);
  await stopped;
  await collector.close();
  if (options.json === true) writeLine(JSON.stringify(resourceUse()));
}
