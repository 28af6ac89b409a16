import { type BanConditions, banConditions, concerns, parseSemanticVersion } from '@telemetry/gen/bans';
import type { BanList, NameBan } from '../ban-list.ts';
import type { Audience } from '../core.ts';
import { bannedNamesKept } from '../limits.ts';
import type { Blacklist, BlacklistEntry } from './decode-blacklist.ts';

const audienceNumber = { internal: 1, external: 2 } as const;

interface CompiledEntry {
  readonly entry: BlacklistEntry;
  readonly conditions: BanConditions;
}

/**
 * Compiles a list.
 *
 * @param nowUnixUs the clock by which entries expire
 */
export function compileBanList(list: Blacklist, nowUnixUs: () => number): BanList {
  const entries: CompiledEntry[] = list.entries.map((entry) => ({ entry, conditions: banConditions(entry) }));
  return {
    version: list.version,
    forCore: (product, productVersion, audience) => compileNames(entries, product, productVersion, audience, nowUnixUs),
  };
}

/** The entries that concern a core, by what they ban: for each until when, in milliseconds since 1970, the latest of those that say it. */
interface BannedUntil {
  readonly names: ReadonlyMap<string, number>;
  readonly prefixes: ReadonlyMap<string, number>;
  /** Lengths that prefixes have. */
  readonly prefixLengths: readonly number[];
}

function compileNames(
  entries: readonly CompiledEntry[],
  product: string,
  productVersion: string,
  audience: Audience | undefined,
  nowUnixUs: () => number,
): NameBan | undefined {
  const traits = { product, version: productVersion, audience: audience === undefined ? 0 : audienceNumber[audience] };
  const version = parseSemanticVersion(productVersion);
  const concerned = entries.filter(({ conditions }) => concerns(conditions, traits, version));
  const names = new Map<string, number>();
  const prefixes = new Map<string, number>();
  for (const { entry } of concerned) {
    keepLatest(names, entry.eventName, entry.expireMs);
    keepLatest(prefixes, entry.eventNamePrefix, entry.expireMs);
  }
  if (names.size + prefixes.size === 0) {
    return undefined;
  }
  const prefixLengths = [...new Set(Array.from(prefixes.keys(), (prefix) => prefix.length))].sort((a, b) => a - b);
  return nameBan({ names, prefixes, prefixLengths }, nowUnixUs);
}

/** An empty name or prefix bans nothing. */
function keepLatest(untilMs: Map<string, number>, text: string, expireMs: number): void {
  if (text !== '') {
    untilMs.set(text, Math.max(untilMs.get(text) ?? expireMs, expireMs));
  }
}

/** Applications log few names many times: what was found out of one is kept. */
function nameBan(banned: BannedUntil, nowUnixUs: () => number): NameBan {
  const known = new Map<string, number>();
  return (name) => {
    let untilMs = known.get(name);
    if (untilMs === undefined) {
      if (known.size >= bannedNamesKept) {
        known.clear();
      }
      untilMs = bannedUntilMs(banned, name);
      known.set(name, untilMs);
    }
    return untilMs !== never && nowUnixUs() < untilMs * 1000;
  };
}

const never = Number.NEGATIVE_INFINITY;

function bannedUntilMs({ names, prefixes, prefixLengths }: BannedUntil, loggedName: string): number {
  // As it goes over the wire, where half a character becomes a replacement.
  const name = loggedName.toWellFormed();
  let untilMs = names.get(name) ?? never;
  for (const length of prefixLengths) {
    if (length > name.length) {
      break;
    }
    untilMs = Math.max(untilMs, prefixes.get(name.slice(0, length)) ?? never);
  }
  return untilMs;
}
