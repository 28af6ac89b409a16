import { type AccessKey, readKeyFile } from '@telemetry/warehouse';
import { Command } from 'commander';
import { type KeysFileOptions, keysFileOf, keysFileOption } from './access-options.ts';
import { alignTable } from './align-table.ts';
import { dataDirOption } from './options.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface ListOptions extends KeysFileOptions {
  readonly json?: boolean;
}

const COLUMNS = (['id', 'role', 'name', 'products', 'made (UTC)', 'revoked (UTC)'] as const).map((title) => ({
  title,
  align: 'left' as const,
}));

/** `telemetry keys list`: all keys, the revoked ones too. */
export function keysListCommand(): Command {
  return new Command('list')
    .description('Print all keys, the revoked ones too. The keys themselves are not kept, so nobody can print them.')
    .addOption(dataDirOption())
    .addOption(keysFileOption())
    .option('--json', 'print one array of {id, role, name, products, created_at, revoked_at}')
    .action(listKeys);
}

function listKeys(options: ListOptions): void {
  const keys = readKeyFile(keysFileOf(options));
  if (options.json === true) {
    writeLine(JSON.stringify(keys.map(keyJson)));
    return;
  }
  const rows = keys.map((key) => [
    key.id,
    key.role,
    key.name,
    productsText(key),
    timeText(key.createdAt),
    timeText(key.revokedAt),
  ]);
  if (rows.length > 0) for (const line of alignTable(COLUMNS, rows)) writeLine(line);
  else writeNotice('There are no keys, and nobody is asked for one. Make one with `telemetry keys add`.');
}

/** Products of a key, for people. */
export function productsText({ products }: AccessKey): string {
  return products === 'all' ? 'all products' : products.join(', ');
}

function keyJson({ id, role, name, products, createdAt, revokedAt }: AccessKey) {
  return { id, role, name, products, created_at: createdAt, revoked_at: revokedAt ?? null };
}

function timeText(time: string | undefined): string {
  return time === undefined ? '' : time.replace('T', ' ').slice(0, 19);
}
