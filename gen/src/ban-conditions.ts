import type { Audience } from './generated/telemetry/v1/core_pb.ts';
import { compareSemanticVersions, parseSemanticVersion, type SemanticVersion } from './semantic-version.ts';

/** What of a batch decides which entries of the blacklist concern it. */
export interface BanTraits {
  readonly product: string;
  /** Of the product. */
  readonly version: string;
  /** An `Audience` as sent, which may be one of a later version; unspecified counts as external. */
  readonly audience: number;
}

/** The conditions of an entry that do not concern the name, as the message has them. */
export interface BanConditionFields {
  /** Empty: every product. */
  readonly product: string;
  /** Empty: no lower bound. */
  readonly versionMin: string;
  /** Empty: no upper bound. */
  readonly versionBelow: string;
  /** Unspecified: every audience. */
  readonly audience: Audience;
}

/** The same, ready to be compared. */
export interface BanConditions {
  /** In whichever form the product of the traits is. */
  readonly product: string;
  readonly versionMin: SemanticVersion | undefined;
  readonly versionBelow: SemanticVersion | undefined;
  readonly audience: Audience;
}

/** `Audience` by number, so that who matches needs no code of the messages. */
const unspecified = 0;
const external = 2;

/** Prepares the conditions of an entry. */
export function banConditions({ product, versionMin, versionBelow, audience }: BanConditionFields): BanConditions {
  return {
    product,
    // A bound that is not a version lets the condition hold, as one that is not set does.
    versionMin: parseSemanticVersion(versionMin),
    versionBelow: parseSemanticVersion(versionBelow),
    audience,
  };
}

/**
 * Whether an entry concerns a batch, its names and the time aside: section 11 of the specification, for both sides.
 *
 * @param version the product's, parsed once for all entries; undefined when it is not a semantic version
 */
export function concerns(conditions: BanConditions, traits: BanTraits, version: SemanticVersion | undefined): boolean {
  if (conditions.product !== '' && conditions.product !== traits.product) {
    return false;
  }
  const audience = traits.audience === unspecified ? external : traits.audience;
  if (conditions.audience !== unspecified && conditions.audience !== audience) {
    return false;
  }
  if (version === undefined) {
    return true;
  }
  const { versionMin, versionBelow } = conditions;
  if (versionMin !== undefined && compareSemanticVersions(version, versionMin) < 0) {
    return false;
  }
  return versionBelow === undefined || compareSemanticVersions(version, versionBelow) < 0;
}
