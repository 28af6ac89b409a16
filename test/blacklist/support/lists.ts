import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Blacklist, type BlacklistEntrySchema, BlacklistSchema } from '@telemetry/gen';
import { writeBlacklistFile } from '../../../collector/src/blacklist/blacklist-file.ts';

type EntryInit = MessageInitShape<typeof BlacklistEntrySchema>;

/** An entry that bans the event of this name, with other conditions as given. */
export function banName(name: string, over: EntryInit = {}): EntryInit {
  return { id: `name-${name}`, match: { case: 'eventName', value: name }, reason: 'test', ...over };
}

/** An entry that bans all events whose name begins so. */
export function banPrefix(prefix: string, over: EntryInit = {}): EntryInit {
  return { id: `prefix-${prefix}`, match: { case: 'eventNamePrefix', value: prefix }, reason: 'test', ...over };
}

/** A list of these entries. */
export function listOf(entries: readonly EntryInit[], version = 1): Blacklist {
  return create(BlacklistSchema, { apiVersion: 1, version: BigInt(version), entries: [...entries] });
}

/** Gives a collector, which does not run yet, a last known good list. */
export function keepList(dataDir: string, list: Blacklist): Promise<void> {
  return writeBlacklistFile(join(dataDir, 'blacklist.json'), list);
}
