import type { BlacklistChange } from '@telemetry/gen';
import { Command } from 'commander';
import { alignTable } from './align-table.ts';
import type { CollectorOptions } from './blacklist-client.ts';
import { changeJson, entryText, timeText } from './blacklist-text.ts';
import { withCallerOptions } from './caller-options.ts';
import { grpcAddressOption } from './options.ts';
import { wholeNumber } from './whole-number.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface HistoryOptions extends CollectorOptions {
  readonly limit: number;
  readonly before?: number;
  readonly json?: boolean;
}

const COLUMNS = [
  { title: 'version', align: 'right' },
  { title: 'time (UTC)', align: 'left' },
  { title: 'by', align: 'left' },
  { title: 'reason', align: 'left' },
  { title: 'change', align: 'left' },
] as const;

/** `telemetry blacklist history`: who changed what, when and why. */
export function blacklistHistoryCommand(): Command {
  const command = new Command('history')
    .description('Print who changed the blacklist, when, why and what: the newest first.')
    .option('--limit <count>', 'at most so many changes, up to 1000', wholeNumber(1), 100)
    .option('--before <version>', 'only changes before this version', wholeNumber(1))
    .addOption(grpcAddressOption())
    .option('--json', 'print one array of changes');
  return withCallerOptions(command).action(printHistory);
}

async function printHistory(options: HistoryOptions): Promise<void> {
  const { withBlacklistClient } = await import('./blacklist-client.ts');
  const request = { pageSize: options.limit, beforeVersion: BigInt(options.before ?? 0) };
  const { changes } = await withBlacklistClient(options, (client, call) => client.listBlacklistChanges(request, call));
  if (options.json === true) {
    writeLine(JSON.stringify(changes.map(changeJson)));
    return;
  }
  if (changes.length === 0) writeNotice('The blacklist was never changed, or not before that version.');
  else for (const line of alignTable(COLUMNS, changes.flatMap(rowsOf))) writeLine(line);
}

/** A row for each entry that was added or removed; who, when and why stand in the first. */
function rowsOf(change: BlacklistChange): string[][] {
  const whats = [
    ...change.added.map((entry) => `+ ${entryText(entry)}`),
    ...change.removed.map((entry) => `- ${entryText(entry)}`),
  ];
  if (whats.length === 0) whats.push('nothing: what it removed was not there');
  const head = [String(change.version), timeText(change.time), change.changedBy, change.reason];
  return whats.map((what, index) => [...(index === 0 ? head : head.map(() => '')), what]);
}
