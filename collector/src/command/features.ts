import { featureCounts } from '@telemetry/warehouse';
import { Command } from 'commander';
import { alignTable } from './align-table.ts';
import { withCallerOptions } from './caller-options.ts';
import { clickhouseUrlOption, sqlAddressOption } from './options.ts';
import { type WarehouseOptions, withWarehouseClient } from './with-warehouse-client.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface FeaturesOptions extends WarehouseOptions {
  readonly product?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

const COLUMNS = [
  { title: 'feature', align: 'left' },
  { title: 'events', align: 'right' },
  { title: 'users', align: 'right' },
] as const;

/** `telemetry features`: which features are used, how often and by how many. */
export function featuresCommand(): Command {
  const command = new Command('features')
    .description('Print which features are used: events and users of each, counted exactly.')
    .option('--product <name>', 'only events of this product (default: all products)')
    .option('--from <day>', 'first day, as YYYY-MM-DD in UTC (default: the first there is)')
    .option('--to <day>', 'last day, included (default: the last there is)')
    .option('--json', 'print one array of {feature, events, users}')
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption());
  return withCallerOptions(command).action(printFeatures);
}

async function printFeatures(options: FeaturesOptions): Promise<void> {
  const { product, from, to } = options;
  const filter = {
    ...(product === undefined ? {} : { product }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const counts = await withWarehouseClient(options, (client) => featureCounts(client, filter));
  if (options.json === true) {
    writeLine(JSON.stringify(counts));
    return;
  }
  const number = new Intl.NumberFormat('en-US');
  const rows = counts.map(({ feature, events, users }) => [feature, number.format(events), number.format(users)]);
  for (const line of alignTable(COLUMNS, rows)) writeLine(line);
  if (counts.length === 0)
    writeNotice('No feature-use events yet. Send some with `telemetry replay FILE`, or `telemetry serve --demo`.');
}
