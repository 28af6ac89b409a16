import { Command } from 'commander';
import { alignTable } from './align-table.ts';
import type { CollectorOptions } from './blacklist-client.ts';
import { audienceText, banText, expiryText, listJson, timeText, versionsText } from './blacklist-text.ts';
import { withCallerOptions } from './caller-options.ts';
import { grpcAddressOption } from './options.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface ListOptions extends CollectorOptions {
  readonly product?: string;
  readonly json?: boolean;
}

const COLUMNS = (
  ['id', 'event', 'product', 'versions', 'audience', 'expires (UTC)', 'added (UTC)', 'by', 'reason'] as const
).map((title) => ({ title, align: 'left' as const }));

/** A version that no list has: the answer is the list then, also where it was never changed. */
const NO_VERSION = 2n ** 64n - 1n;

/** `telemetry blacklist list`: what is banned. */
export function blacklistListCommand(): Command {
  const command = new Command('list')
    .description('Print what is banned. A star at the end of a name stands for all that begins so.')
    .option('--product <name>', 'only entries that concern this product (default: all)')
    .addOption(grpcAddressOption())
    .option('--json', 'print one object {version, entries}');
  return withCallerOptions(command).action(printList);
}

async function printList(options: ListOptions): Promise<void> {
  const { withBlacklistClient } = await import('./blacklist-client.ts');
  const request = { knownVersion: NO_VERSION, product: options.product ?? '' };
  const { result } = await withBlacklistClient(options, (client, call) => client.getBlacklist(request, call));
  if (result.case !== 'blacklist') return;
  const list = result.value;
  if (options.json === true) {
    writeLine(JSON.stringify(listJson(list)));
    return;
  }
  const nowMs = Date.now();
  const rows = list.entries.map((entry) => [
    entry.id,
    banText(entry),
    entry.product,
    versionsText(entry),
    audienceText(entry),
    expiryText(entry, nowMs),
    timeText(entry.createTime),
    entry.createdBy,
    entry.reason,
  ]);
  if (rows.length > 0) for (const line of alignTable(COLUMNS, rows)) writeLine(line);
  else writeNotice('Nothing is banned. Ban an event with `telemetry blacklist add NAME --reason TEXT`.');
  writeNotice(`version ${list.version}`);
}
