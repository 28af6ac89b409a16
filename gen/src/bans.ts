/** Which entries of the blacklist concern a batch: the same for client and collector. Needs nothing, not even the messages. */
export { type BanConditions, type BanTraits, banConditions, concerns } from './ban-conditions.ts';
export { compareSemanticVersions, parseSemanticVersion, type SemanticVersion } from './semantic-version.ts';
