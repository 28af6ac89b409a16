import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Audience, type BlacklistEntry } from '@telemetry/gen';
import { byteTextOf } from './byte-text.ts';
import { compareSemanticVersions, parseSemanticVersion, type SemanticVersion } from './semantic-version.ts';

/** What of a batch decides which entries concern it. Texts one character a byte, see `byte-text.ts`. */
export interface BatchTraits {
  readonly product: string;
  readonly version: string;
  /** As sent; unspecified counts as external. */
  readonly audience: number;
}

/** The conditions of an entry that do not concern the name, ready to be compared. */
export interface EntryConditions {
  readonly entry: BlacklistEntry;
  readonly product: string;
  readonly versionMin: SemanticVersion | undefined;
  readonly versionBelow: SemanticVersion | undefined;
  readonly audience: number;
  /** Milliseconds since 1970; infinite when it stays. */
  readonly expireMs: number;
}

/** Prepares an entry. */
export function conditionsOf(entry: BlacklistEntry): EntryConditions {
  return {
    entry,
    product: byteTextOf(entry.product),
    // A bound that is not a version lets the condition hold, as one that is not set does.
    versionMin: parseSemanticVersion(entry.versionMin),
    versionBelow: parseSemanticVersion(entry.versionBelow),
    audience: entry.audience,
    expireMs: entry.expireTime === undefined ? Number.POSITIVE_INFINITY : timestampMs(entry.expireTime),
  };
}

/** Whether an entry concerns a batch, its names and the time aside. */
export function concerns(
  conditions: EntryConditions,
  traits: BatchTraits,
  version: SemanticVersion | undefined,
): boolean {
  if (conditions.product !== '' && conditions.product !== traits.product) return false;
  const audience = traits.audience === Audience.UNSPECIFIED ? Audience.EXTERNAL : traits.audience;
  if (conditions.audience !== Audience.UNSPECIFIED && conditions.audience !== audience) return false;
  if (version === undefined) return true;
  const { versionMin, versionBelow } = conditions;
  if (versionMin !== undefined && compareSemanticVersions(version, versionMin) < 0) return false;
  return versionBelow === undefined || compareSemanticVersions(version, versionBelow) < 0;
}
