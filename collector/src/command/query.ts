import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { DataFormat } from '@clickhouse/client';
import { Command } from 'commander';
import { withCallerOptions } from './caller-options.ts';
import { clickhouseUrlOption, sqlAddressOption } from './options.ts';
import { type WarehouseOptions, withWarehouseClient } from './with-warehouse-client.ts';

interface QueryOptions extends WarehouseOptions {
  readonly format: string;
}

/** `telemetry query`: any SQL, any format. */
export function queryCommand(): Command {
  const command = new Command('query')
    .description('Ask the warehouse in SQL. The tables are in the database `telemetry`.')
    .argument('<sql>', 'the statement; "-" reads it from standard input')
    .option(
      '--format <name>',
      'any format of ClickHouse, such as JSONEachRow, CSVWithNames or Vertical',
      'PrettyCompactMonoBlock',
    )
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption());
  return withCallerOptions(command).action(printAnswer);
}

async function printAnswer(sql: string, options: QueryOptions): Promise<void> {
  const query = sql === '-' ? await text(process.stdin) : sql;
  await withWarehouseClient(options, async (client) => {
    const { stream } = await client.exec({
      query,
      // The client's types list the formats it knows; the server knows more.
      clickhouse_settings: {
        default_format: options.format as DataFormat,
        output_format_pretty_color: 0,
        output_format_pretty_row_numbers: 0,
      },
    });
    await pipeline(stream, process.stdout, { end: false });
  });
}
