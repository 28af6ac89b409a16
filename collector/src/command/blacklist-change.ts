import { userInfo } from 'node:os';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Audience, type Blacklist, type ChangeBlacklistRequestSchema } from '@telemetry/gen';
import { Command, Option } from 'commander';
import { StartError } from '../start-error.ts';
import type { CollectorOptions } from './blacklist-client.ts';
import { entryText, listJson } from './blacklist-text.ts';
import { withCallerOptions } from './caller-options.ts';
import { parseExpiry } from './expiry.ts';
import { grpcAddressOption } from './options.ts';
import { wholeNumber } from './whole-number.ts';
import { writeLine } from './write-line.ts';

interface ChangeOptions extends CollectorOptions {
  readonly reason: string;
  readonly by?: string;
  readonly expectedVersion?: number;
  readonly json?: boolean;
}

interface AddOptions extends ChangeOptions {
  readonly prefix?: boolean;
  readonly product?: string;
  readonly versionMin?: string;
  readonly versionBelow?: string;
  readonly audience?: 'internal' | 'external';
  readonly expires?: number;
}

/** `telemetry blacklist add`: bans events. */
export function blacklistAddCommand(): Command {
  const command = new Command('add')
    .description('Ban events by name. Every collector enforces it within seconds, every client once it hears of it.')
    .argument('<name...>', 'name of the event; several make several entries in one change')
    .option('--prefix', 'ban all events whose name begins so')
    .option('--product <name>', 'only of this product (default: of all)')
    .option('--version-min <version>', 'only from this semantic version on, included')
    .option('--version-below <version>', 'only below this semantic version')
    .addOption(new Option('--audience <audience>', 'only of this audience').choices(['internal', 'external']))
    .option('--expires <when>', 'until when: 30d, 12h, 45m, or a day or time (default: for good)', (text) =>
      parseExpiry(text, Date.now()),
    );
  return withChangeOptions(command).action(add);
}

/** `telemetry blacklist remove`: lifts bans. */
export function blacklistRemoveCommand(): Command {
  const command = new Command('remove')
    .description('Lift bans. What was dropped meanwhile does not come back.')
    .argument('<id...>', 'identifiers of entries, as `telemetry blacklist list` prints them');
  return withChangeOptions(command).action(remove);
}

function withChangeOptions(command: Command): Command {
  return withCallerOptions(command)
    .requiredOption('--reason <text>', 'why, for those who read the history')
    .option('--by <name>', 'who, where nobody is asked for a key (default: the name of the user who runs this)')
    .option('--expected-version <version>', 'only if the list still has this version', wholeNumber(1))
    .addOption(grpcAddressOption())
    .option('--json', 'print the list after the change as one object');
}

async function add(names: readonly string[], options: AddOptions): Promise<void> {
  const audiences = { internal: Audience.INTERNAL, external: Audience.EXTERNAL };
  const entries = names.map((name) => ({
    match:
      options.prefix === true
        ? { case: 'eventNamePrefix' as const, value: name }
        : { case: 'eventName' as const, value: name },
    product: options.product ?? '',
    versionMin: options.versionMin ?? '',
    versionBelow: options.versionBelow ?? '',
    audience: options.audience === undefined ? Audience.UNSPECIFIED : audiences[options.audience],
    reason: options.reason,
    ...(options.expires === undefined ? {} : { expireTime: timestampFromMs(options.expires) }),
  }));
  const list = await change(options, { add: entries });
  if (options.json === true) return;
  for (const entry of list.entries.slice(-names.length)) writeLine(`banned ${entryText(entry)} (id ${entry.id})`);
  writeLine(`The list has version ${list.version}, and ${list.entries.length} ${plural(list.entries.length)}.`);
}

async function remove(ids: readonly string[], options: ChangeOptions): Promise<void> {
  const { withBlacklistClient } = await import('./blacklist-client.ts');
  // An identifier that is not there is no error of the service's, and most likely a slip of the hand here.
  const entries = await withBlacklistClient(options, async (client, call) => {
    const { result } = await client.getBlacklist({}, call);
    return result.case === 'blacklist' ? result.value.entries : [];
  });
  const removed = ids.map((id) => {
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry !== undefined) return entry;
    throw new StartError(`The blacklist has no entry ${id}. \`telemetry blacklist list\` prints what it has.`);
  });
  const list = await change(options, { removeIds: [...ids] });
  if (options.json === true) return;
  for (const entry of removed) writeLine(`lifted ${entryText(entry)} (id ${entry.id})`);
  writeLine(`The list has version ${list.version}, and ${list.entries.length} ${plural(list.entries.length)}.`);
}

/** Makes the change; prints the list after it with `--json`. */
async function change(
  options: ChangeOptions,
  what: MessageInitShape<typeof ChangeBlacklistRequestSchema>,
): Promise<Blacklist> {
  // Loaded here, not above: a command that asks a question should not wait for the gRPC library.
  const { withBlacklistClient } = await import('./blacklist-client.ts');
  const { reason, expectedVersion = 0 } = options;
  const request = { ...what, reason, changedBy: options.by ?? userName(), expectedVersion: BigInt(expectedVersion) };
  const { blacklist } = await withBlacklistClient(options, (client, call) => client.changeBlacklist(request, call));
  if (blacklist === undefined)
    throw new StartError(`${options.grpcAddress} answered without a list: is it a collector?`);
  if (options.json === true) writeLine(JSON.stringify(listJson(blacklist)));
  return blacklist;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new StartError('The user who runs this has no name. Say who you are with --by.', cause);
  }
}

function plural(count: number): string {
  return count === 1 ? 'entry' : 'entries';
}
