import { randomBytes } from 'node:crypto';
import { protocolLimits } from '@telemetry/gen';
import { type AccessKey, changeKeys, KEY_ROLES, makeAccessKey } from '@telemetry/warehouse';
import { Command, InvalidArgumentError, Option } from 'commander';
import { StartError } from '../start-error.ts';
import { type KeysFileOptions, keysFileOf, keysFileOption } from './access-options.ts';
import { productsText } from './keys-list.ts';
import { dataDirOption } from './options.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface AddOptions extends KeysFileOptions {
  readonly role: (typeof KEY_ROLES)[number];
  readonly product: readonly string[];
  readonly allProducts?: boolean;
  readonly name?: string;
  readonly json?: boolean;
}

/** `telemetry keys add`: a new key, shown once. */
export function keysAddCommand(): Command {
  return new Command('add')
    .description('Make a key and print it: this once, for only its hash is kept.')
    .addOption(
      new Option('--role <role>', 'ingest: send events; admin: bans and all SQL; reader: SQL that only reads')
        .choices(KEY_ROLES)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--product <name>', 'product that an ingest key may send for; may be said more than once')
        .argParser((product: string, before: readonly string[]) => [...before, checkedText(product)])
        .default([], 'none'),
    )
    .option('--all-products', 'let an ingest key send for any product')
    .addOption(
      new Option(
        '--name <name>',
        'who uses it: what they ban is entered under this name (default: the role)',
      ).argParser(checkedText),
    )
    .addOption(dataDirOption())
    .addOption(keysFileOption())
    .option('--json', 'print one object {id, role, name, products, key}')
    .action(addKey);
}

async function addKey(options: AddOptions): Promise<void> {
  const { role, name = role } = options;
  const facts = { role, name, products: productsOf(options), createdAt: new Date().toISOString() };
  const { text, key } = makeAccessKey(facts, randomBytes);
  await changeKeys(keysFileOf(options), (keys) => [...keys, key]);
  if (options.json === true) {
    writeLine(JSON.stringify({ id: key.id, role, name, products: key.products, key: text }));
    return;
  }
  writeLine(text);
  writeNotice(`This is the ${role} key ${key.id}${forProducts(key)}. It is shown this once: only its hash is kept.`);
}

function productsOf({ role, product, allProducts = false }: AddOptions): AccessKey['products'] {
  if (role !== 'ingest') {
    if (product.length === 0 && !allProducts) return [];
    throw new StartError(`--product and --all-products are for ingest keys; this is to be an ${role} key.`);
  }
  if (allProducts && product.length > 0) throw new StartError('Give --product or --all-products, not both.');
  if (allProducts) return 'all';
  if (product.length > 0) return [...new Set(product)];
  throw new StartError('An ingest key is bound to products: name them with --product, or say --all-products.');
}

function forProducts(key: AccessKey): string {
  return key.role === 'ingest' ? `, for ${productsText(key)}` : '';
}

function checkedText(text: string): string {
  const bytesMax = protocolLimits.identifierBytesMax;
  if (text !== '' && Buffer.byteLength(text) <= bytesMax) return text;
  throw new InvalidArgumentError(`Give a name of 1 to ${bytesMax} bytes.`);
}
