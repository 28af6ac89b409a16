import { Command } from 'commander';
import { blacklistAddCommand, blacklistRemoveCommand } from './blacklist-change.ts';
import { blacklistHistoryCommand } from './blacklist-history.ts';
import { blacklistListCommand } from './blacklist-list.ts';

/** `telemetry blacklist`: what must not be collected any more. */
export function blacklistCommand(): Command {
  return new Command('blacklist')
    .description('Ban events on the fly, for all collectors and clients of a warehouse, and see who did so and why.')
    .addCommand(blacklistAddCommand())
    .addCommand(blacklistRemoveCommand())
    .addCommand(blacklistListCommand())
    .addCommand(blacklistHistoryCommand());
}
