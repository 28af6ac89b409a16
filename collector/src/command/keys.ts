import { Command } from 'commander';
import { keysAddCommand } from './keys-add.ts';
import { keysListCommand } from './keys-list.ts';
import { keysRevokeCommand } from './keys-revoke.ts';

/** `telemetry keys`: who may send, change and ask. */
export function keysCommand(): Command {
  return new Command('keys')
    .description(
      'Make, list and revoke keys. With the first one, whoever calls is asked for a key; what runs knows within two seconds.',
    )
    .addCommand(keysAddCommand())
    .addCommand(keysListCommand())
    .addCommand(keysRevokeCommand());
}
