/** A version as of Semantic Versioning 2.0.0, without its build metadata, which counts for nothing. */
export interface SemanticVersion {
  /** Major, minor and patch: decimal digits without leading zeros, of any length. */
  readonly numbers: readonly [string, string, string];
  /** Dot-separated identifiers after the dash; none for a release. */
  readonly preRelease: readonly string[];
}

const NUMBER = '(0|[1-9]\\d*)';
const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
/** The grammar of the specification; linear in the length of the text. */
const PATTERN = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const DIGITS = /^\d+$/;

/** The version that a text says; undefined when it is not a semantic version, as `4.12` and `v4.12.0` are not. */
export function parseSemanticVersion(text: string): SemanticVersion | undefined {
  const [, major, minor, patch, preRelease] = PATTERN.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return { numbers: [major, minor, patch], preRelease: preRelease === undefined ? [] : preRelease.split('.') };
}

/** Below 0 when `left` comes before `right`, above 0 when after, 0 when they have the same precedence. */
export function compareSemanticVersions(left: SemanticVersion, right: SemanticVersion): number {
  for (const index of [0, 1, 2] as const) {
    const order = compareDigits(left.numbers[index], right.numbers[index]);
    if (order !== 0) return order;
  }
  return comparePreReleases(left.preRelease, right.preRelease);
}

function comparePreReleases(left: readonly string[], right: readonly string[]): number {
  // A release comes after all that led to it.
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (const [index, identifier] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers by their value, before texts; texts by their bytes, all of which are ASCII. */
function compareIdentifiers(left: string, right: string): number {
  const isLeftNumber = DIGITS.test(left);
  if (isLeftNumber !== DIGITS.test(right)) return isLeftNumber ? -1 : 1;
  return isLeftNumber ? compareDigits(left, right) : compareTexts(left, right);
}

/** Without leading zeros the longer number is the larger one, whatever a number type holds. */
function compareDigits(left: string, right: string): number {
  return left.length === right.length ? compareTexts(left, right) : left.length - right.length;
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
