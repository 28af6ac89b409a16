import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Audience } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { BlacklistMatcher } from '../../collector/src/blacklist/blacklist-matcher.ts';
import { byteTextOf } from '../../collector/src/blacklist/byte-text.ts';
import { seededRandom } from '../support/random.ts';
import { banName, banPrefix, listOf } from './support/lists.ts';

const NOW_MS = 1_760_000_000_000;

interface Core {
  readonly product?: string;
  readonly version?: string;
  readonly audience?: number;
}

/** The identifier of the entry that bans an event; the name lies in the middle of other bytes, as in a batch. */
function bannedBy(matcher: BlacklistMatcher, name: string, core: Core = {}, nowMs = NOW_MS): string | undefined {
  const traits = {
    product: byteTextOf(core.product ?? 'editor'),
    version: byteTextOf(core.version ?? '4.12.0'),
    audience: core.audience ?? Audience.UNSPECIFIED,
  };
  const bytes = Buffer.from(`xx${name}xx`);
  return matcher.forBatch(traits, nowMs).find(bytes, 2, bytes.length - 2)?.id;
}

const matcherOf = (...entries: Parameters<typeof listOf>[0][number][]) => new BlacklistMatcher(listOf(entries));

describe('An entry', () => {
  it.each([
    ['page.viewed', 'page.viewed', true],
    ['page.viewed', 'page.viewed2', false],
    ['page.viewed', 'page.viewe', false],
    ['page.viewed', 'Page.viewed', false],
    ['a', 'a', true],
    ['a', 'b', false],
    ['ab', 'abc', false],
    ['größe', 'größe', true],
    ['größe', 'gröse', false],
    ['😀', '😀', true],
  ])('for the name %s and an event %s: %s', (ban, name, isBanned) => {
    expect(bannedBy(matcherOf(banName(ban)), name)).toBe(isBanned ? `name-${ban}` : undefined);
  });

  it.each([
    ['page.', 'page.viewed', true],
    ['page.', 'page.', true],
    ['page.', 'page', false],
    ['page.', 'a.page.', false],
    ['p', 'page', true],
    ['pagé', 'pagés', true],
    ['pagé', 'pagè', false],
  ])('for the prefix %s and an event %s: %s', (ban, name, isBanned) => {
    expect(bannedBy(matcherOf(banPrefix(ban)), name)).toBe(isBanned ? `prefix-${ban}` : undefined);
  });

  it('with neither a name nor a prefix, or an empty one, bans nothing', () => {
    const matcher = matcherOf({ id: 'none', reason: 'x' }, banName(''), banPrefix(''));
    for (const name of ['', 'page.viewed']) expect(bannedBy(matcher, name)).toBeUndefined();
  });

  it.each<[string, NonNullable<Parameters<typeof banName>[1]>, Core, boolean]>([
    ['product', { product: 'editor' }, { product: 'editor' }, true],
    ['other product', { product: 'editor' }, { product: 'editor2' }, false],
    ['product, byte by byte', { product: 'größe' }, { product: 'größe' }, true],
    ['at the lower bound', { versionMin: '4.12.0' }, { version: '4.12.0' }, true],
    ['below the lower bound', { versionMin: '4.12.0' }, { version: '4.11.9' }, false],
    ['a pre-release of the lower bound', { versionMin: '4.12.0' }, { version: '4.12.0-rc.1' }, false],
    ['below the upper bound', { versionBelow: '4.12.0' }, { version: '4.11.99' }, true],
    ['a pre-release of the upper bound', { versionBelow: '4.12.0' }, { version: '4.12.0-rc.1' }, true],
    ['at the upper bound', { versionBelow: '4.12.0' }, { version: '4.12.0' }, false],
    ['at the upper bound, with build metadata', { versionBelow: '4.12.0' }, { version: '4.12.0+7' }, false],
    ['between', { versionMin: '4.0.0', versionBelow: '4.12.0' }, { version: '4.9.0' }, true],
    ['numbers, not texts', { versionMin: '4.9.0' }, { version: '4.10.0' }, true],
    ['no semantic version', { versionMin: '4.0.0', versionBelow: '4.12.0' }, { version: '9.0' }, true],
    ['no version', { versionMin: '4.0.0' }, { version: '' }, true],
    ['a bound that is none', { versionMin: 'four' }, { version: '1.0.0' }, true],
    ['internal', { audience: Audience.INTERNAL }, { audience: Audience.INTERNAL }, true],
    ['internal, of an unset one', { audience: Audience.INTERNAL }, { audience: Audience.UNSPECIFIED }, false],
    ['external, of an unset one', { audience: Audience.EXTERNAL }, { audience: Audience.UNSPECIFIED }, true],
    ['external', { audience: Audience.EXTERNAL }, { audience: Audience.EXTERNAL }, true],
    ['external, of an internal one', { audience: Audience.EXTERNAL }, { audience: Audience.INTERNAL }, false],
    ['every audience', {}, { audience: Audience.INTERNAL }, true],
    ['an audience of a later version', { audience: Audience.INTERNAL }, { audience: 7 }, false],
  ])('%s', (_, conditions, core, isBanned) => {
    const matcher = matcherOf(banName('page.viewed', conditions));
    for (let round = 0; round < 2; round++) {
      expect(bannedBy(matcher, 'page.viewed', core)).toBe(isBanned ? 'name-page.viewed' : undefined);
    }
  });

  it('bans until it expires, and no longer', () => {
    const matcher = matcherOf(banName('page.viewed', { expireTime: timestampFromMs(NOW_MS) }));
    expect(bannedBy(matcher, 'page.viewed', {}, NOW_MS - 1)).toBeDefined();
    expect(bannedBy(matcher, 'page.viewed', {}, NOW_MS)).toBeUndefined();
    expect(bannedBy(matcher, 'page.viewed', {}, NOW_MS - 1)).toBeDefined();
  });
});

it('bans when any of several entries for a name does', () => {
  const matcher = matcherOf(
    banName('page.viewed', { id: 'other', product: 'viewer' }),
    banName('page.viewed', { id: 'old', versionBelow: '2.0.0' }),
    banPrefix('page.', { id: 'short', audience: Audience.INTERNAL }),
    banPrefix('page.view', { id: 'long' }),
  );
  expect(bannedBy(matcher, 'page.viewed', { version: '1.0.0' })).toBe('old');
  expect(bannedBy(matcher, 'page.viewed', { audience: Audience.INTERNAL })).toBe('short');
  expect(bannedBy(matcher, 'page.viewed')).toBe('long');
  expect(bannedBy(matcher, 'page.closed')).toBeUndefined();
});

it('keeps apart more products and versions than it remembers', () => {
  const matcher = matcherOf(banName('page.viewed', { product: 'p7', versionBelow: '1.0.300' }));
  for (let index = 0; index < 600; index++) {
    const isBanned = index % 10 === 7 && index < 300;
    const core = { product: `p${index % 10}`, version: `1.0.${index}` };
    expect(bannedBy(matcher, 'page.viewed', core) !== undefined, `${index}`).toBe(isBanned);
  }
});

it('says of random names what a plain comparison says', () => {
  const seed = Number(process.env.TELEMETRY_TEST_SEED ?? Date.now() % 1_000_000);
  console.info(`repeat it with TELEMETRY_TEST_SEED=${seed}`);
  const random = seededRandom(seed);
  // Few letters and short texts, so that names often share what they begin with.
  const text = () =>
    Array.from({ length: 1 + Math.floor(random() * 9) }, () => 'ab.é'[Math.floor(random() * 4)]).join('');
  for (let round = 0; round < 30; round++) {
    const names = Array.from({ length: Math.floor(random() * 40) }, text);
    const prefixes = Array.from({ length: Math.floor(random() * 12) }, text).filter((prefix) => prefix.length > 2);
    const matcher = matcherOf(...names.map((name) => banName(name)), ...prefixes.map((prefix) => banPrefix(prefix)));
    let banned = 0;
    for (let index = 0; index < 500; index++) {
      const name = text();
      const expected = names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
      expect(bannedBy(matcher, name) !== undefined, `seed ${seed}: ${name} of ${names} and ${prefixes}`).toBe(expected);
      if (expected) banned++;
    }
    if (names.length > 20 && prefixes.length > 4) expect(banned).toBeGreaterThan(0);
  }
});
