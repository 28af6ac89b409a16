import { changeKeys } from '@telemetry/warehouse';
import { Command } from 'commander';
import { StartError } from '../start-error.ts';
import { type KeysFileOptions, keysFileOf, keysFileOption } from './access-options.ts';
import { dataDirOption } from './options.ts';
import { writeNotice } from './write-line.ts';

/** `telemetry keys revoke`: ends a key for good. */
export function keysRevokeCommand(): Command {
  return new Command('revoke')
    .description('End keys for good, on streams that are open too. When the last one is revoked, nobody gets in.')
    .argument('<id...>', 'identifiers, as `telemetry keys list` prints them')
    .addOption(dataDirOption())
    .addOption(keysFileOption())
    .action(revokeKeys);
}

async function revokeKeys(ids: readonly string[], options: KeysFileOptions): Promise<void> {
  const revokedAt = new Date().toISOString();
  await changeKeys(keysFileOf(options), (keys) => {
    const unknown = ids.find((id) => !keys.some((key) => key.id === id));
    if (unknown !== undefined) {
      throw new StartError(`There is no key ${unknown}. \`telemetry keys list\` prints the identifiers.`);
    }
    return keys.map((key) => (ids.includes(key.id) ? { ...key, revokedAt: key.revokedAt ?? revokedAt } : key));
  });
  for (const id of ids) writeNotice(`revoked ${id}`);
}
