import { createBlacklist } from './blacklist.ts';
import { createBlacklistChange } from './blacklist-change.ts';

/** The blacklist, shared by all collectors of a warehouse. */
export const statements: readonly string[] = [createBlacklistChange, createBlacklist];
