import type { Blacklist, BlacklistEntry } from '@telemetry/gen';
import { type BanTraits, concerns, parseSemanticVersion, type SemanticVersion } from '@telemetry/gen/bans';
import { BLACKLIST_CONTEXTS_MAX } from '../limits.ts';
import { conditionsOf, type EntryConditions } from './entry-conditions.ts';
import { ExactNames } from './exact-names.ts';
import { NamePrefixes } from './name-prefixes.ts';

/** The names that a list bans, each with the indexes of its entries. */
interface BannedNames {
  readonly exact: ExactNames;
  readonly prefixes: NamePrefixes;
}

/** A list at one version, compiled: what it bans is found from the bytes of a batch. */
export class BlacklistMatcher {
  /** Version of the list. */
  readonly version: number;
  readonly #entries: readonly EntryConditions[];
  readonly #names: BannedNames;
  readonly #contexts = new Map<string, BatchBans>();

  constructor(list: Blacklist) {
    this.version = Number(list.version);
    this.#entries = list.entries.map(conditionsOf);
    const named = (field: 'eventName' | 'eventNamePrefix') =>
      list.entries.flatMap(({ match }, value) =>
        match.case === field && match.value !== '' ? [{ name: match.value, value }] : [],
      );
    this.#names = { exact: new ExactNames(named('eventName')), prefixes: new NamePrefixes(named('eventNamePrefix')) };
  }

  /**
   * What is banned of a batch.
   *
   * @param traits texts one character a byte, see `byte-text.ts`
   * @param nowMs milliseconds since 1970, by which entries expire
   */
  forBatch(traits: BanTraits, nowMs: number): BatchBans {
    const key = `${traits.audience} ${traits.product.length} ${traits.product}${traits.version}`;
    let bans = this.#contexts.get(key);
    if (bans === undefined) {
      // Products, versions and audiences are few; whoever makes up others pays for them alone.
      if (this.#contexts.size >= BLACKLIST_CONTEXTS_MAX) this.#contexts.clear();
      bans = new BatchBans(this.version, this.#entries, this.#names, traits);
      this.#contexts.set(key, bans);
    }
    bans.nowMs = nowMs;
    return bans;
  }
}

const UNKNOWN = 0;
const CONCERNS = 1;
const CONCERNS_NOT = 2;

/** The bans that concern batches of one product, version and audience. */
export class BatchBans {
  /** Version of the list. */
  readonly version: number;
  /** The clock, set for each batch. */
  nowMs = 0;
  readonly #entries: readonly EntryConditions[];
  readonly #names: BannedNames;
  readonly #traits: BanTraits;
  readonly #productVersion: SemanticVersion | undefined;
  /** By entry, found out when one is first asked for. */
  readonly #verdicts: Uint8Array;

  constructor(version: number, entries: readonly EntryConditions[], names: BannedNames, traits: BanTraits) {
    this.version = version;
    this.#entries = entries;
    this.#names = names;
    this.#traits = traits;
    this.#productVersion = parseSemanticVersion(traits.version);
    this.#verdicts = new Uint8Array(entries.length);
  }

  /** The entry that bans the event whose name lies from `start` up to `end`; undefined when none does. */
  find(bytes: Uint8Array, start: number, end: number): BlacklistEntry | undefined {
    const exact = this.#names.exact.find(bytes, start, end);
    let index = exact === undefined ? -1 : this.#accept(exact);
    if (index < 0) index = this.#names.prefixes.find(bytes, start, end, this.#accept);
    return index < 0 ? undefined : this.#entries[index]?.entry;
  }

  /** The first of these entries that is in force for such a batch; -1 when none is. */
  readonly #accept = (indexes: readonly number[]): number => {
    for (const index of indexes) {
      const conditions = this.#entries[index] as EntryConditions;
      let verdict = this.#verdicts[index];
      if (verdict === UNKNOWN) {
        verdict = concerns(conditions, this.#traits, this.#productVersion) ? CONCERNS : CONCERNS_NOT;
        this.#verdicts[index] = verdict;
      }
      if (verdict === CONCERNS && this.nowMs < conditions.expireMs) return index;
    }
    return -1;
  };
}
