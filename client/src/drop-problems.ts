import type { BanList } from './ban-list.ts';

/** Why an event was dropped that a list bans, for people. */
export function bannedBy({ version }: Pick<BanList, 'version'>): string {
  return `banned by version ${version} of the blacklist`;
}

/** Why an event was dropped after an opt-out, for people. */
export const optedOut = 'the consent was withdrawn';
