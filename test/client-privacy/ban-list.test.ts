import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Audience, BlacklistEntrySchema, BlacklistSchema, DropReason, EventBatchSchema } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { compileBanList } from '../../client/src/blacklist/compile-ban-list.ts';
import { cutBanned } from '../../client/src/blacklist/cut-banned.ts';
import { decodeBlacklist } from '../../client/src/blacklist/decode-blacklist.ts';
import type { Audience as ClientAudience } from '../../client/src/core.ts';
import { bannedNamesKept } from '../../client/src/limits.ts';
import { assembleBatch, encodeBatch } from '../../client/src/wire/encode-batch.ts';
import { readBatchParts } from '../../client/src/wire/split-batch.ts';
import { BlacklistMatcher } from '../../collector/src/blacklist/blacklist-matcher.ts';
import { byteTextOf } from '../../collector/src/blacklist/byte-text.ts';
import { banName, banPrefix, listOf } from '../blacklist/support/lists.ts';
import { type Random, seededRandom } from '../client/support/random.ts';
import { randomBatch } from '../client/support/random-batch.ts';

const nowMs = 1_760_000_000_000;
type Entry = Parameters<typeof listOf>[0][number];

function compile(entries: readonly Entry[], clockMs = () => nowMs) {
  const bytes = toBinary(BlacklistSchema, listOf(entries, 5));
  return compileBanList(decodeBlacklist(bytes), () => clockMs() * 1000);
}

const audiences: readonly (ClientAudience | undefined)[] = [undefined, 'internal', 'external'];
const versions = [
  '',
  '4',
  '4.11.9',
  '4.12.0-rc.1',
  '4.12.0',
  '4.12.0+build',
  '4.12.1',
  '5.0.0',
  '99999999999999999999.0.0',
];

describe('a list on the client', () => {
  it('bans what the collector bans by the same bytes', () => {
    const random = seededRandom();
    let banned = 0;
    for (let round = 0; round < 150; round++) {
      const list = listOf(
        Array.from({ length: random.int(0, 12) }, () => randomEntry(random)),
        5,
      );
      const bytes = toBinary(BlacklistSchema, list);
      const ours = compileBanList(decodeBlacklist(bytes), () => nowMs * 1000);
      const theirs = new BlacklistMatcher(fromBinary(BlacklistSchema, bytes));
      expect(ours.version).toBe(theirs.version);
      for (let index = 0; index < 60; index++) {
        const product = random.pick(['editor', 'größe', '']);
        const version = random.pick(versions);
        const audience = audiences[random.int(0, 2)];
        const name = randomName(random);
        const traits = { product: byteTextOf(product), version, audience: audienceNumber(audience) };
        const nameBytes = Buffer.from(name);
        const expected = theirs.forBatch(traits, nowMs).find(nameBytes, 0, nameBytes.length) !== undefined;
        const isBanned = ours.forCore(product, version, audience)?.(name) ?? false;
        expect(isBanned, `${name} ${JSON.stringify({ product, version, audience })}`).toBe(expected);
        banned += expected ? 1 : 0;
      }
    }
    expect(banned).toBeGreaterThan(100);
  });

  it('bans nothing by an entry from the moment on at which it expires', () => {
    let clockMs = nowMs;
    const list = compile([banName('a.b', { expireTime: timestampFromMs(nowMs + 10) })], () => clockMs);
    const isBanned = list.forCore('editor', '1.0.0', 'external');
    expect(isBanned?.('a.b')).toBe(true);
    clockMs = nowMs + 9;
    expect(isBanned?.('a.b')).toBe(true);
    clockMs = nowMs + 10;
    expect(isBanned?.('a.b')).toBe(false);
  });

  it('goes by the entry that lasts longest, where several ban a name', () => {
    const soon = { expireTime: timestampFromMs(nowMs - 1) };
    const isBanned = compile([banName('a.b', soon), banPrefix('a.'), banPrefix('a', soon)]).forCore('x', '', undefined);
    expect(isBanned?.('a.b')).toBe(true);
    expect(isBanned?.('ab')).toBe(false);
  });

  it('that concerns another product bans nothing at all', () => {
    expect(compile([banName('a.b', { product: 'other' })]).forCore('editor', '1.0.0', 'internal')).toBeUndefined();
    expect(compile([]).forCore('editor', '1.0.0', 'internal')).toBeUndefined();
  });

  it.each([bannedNamesKept - 1, bannedNamesKept, bannedNamesKept + 1])(
    'says the same of a name after %i others were asked for',
    (names) => {
      const isBanned = compile([banPrefix('yes.')]).forCore('editor', '', undefined);
      const answers = () => [isBanned?.('yes.1'), isBanned?.('no.1')];
      expect(answers()).toStrictEqual([true, false]);
      for (let index = 0; index < names; index++) {
        isBanned?.(`name.${index}`);
      }
      expect(answers()).toStrictEqual([true, false]);
    },
  );
});

describe('cutting what is banned', () => {
  it('leaves of random batches what is not banned, byte by byte, and declares the others', () => {
    const random = seededRandom();
    let cuts = 0;
    for (let round = 0; round < 400; round++) {
      const content = randomBatch(random);
      const bytes = encodeBatch(content);
      const parts = readBatchParts(bytes);
      const before = fromBinary(EventBatchSchema, bytes);
      const bannedNames = new Set(before.events.map(({ name }) => name).filter(() => random.chance(0.4)));
      const list = compile([...bannedNames].map((name) => banName(name)));
      const cut = cutBanned(list, parts.coreBytes, parts.eventsBytes);
      if (cut === undefined) {
        expect(before.events.filter(({ name }) => bannedNames.has(name))).toStrictEqual([]);
        continue;
      }
      cuts += 1;
      const dropped = [...parts.dropped, ...cut.dropped];
      const after = fromBinary(EventBatchSchema, assembleBatch(parts.producerId, parts.coreBytes, cut.bytes, dropped));
      const kept = before.events.filter(({ name }) => !bannedNames.has(name));
      expect(after.events).toStrictEqual(kept);
      expect(after.core).toStrictEqual(before.core);
      const numbers = kept.map(({ seq }) => Number(seq));
      expect([cut.count, cut.firstSeq, cut.lastSeq]).toStrictEqual([kept.length, numbers[0] ?? 0, numbers.at(-1) ?? 0]);
      expect(cut.removed).toStrictEqual(
        before.events.filter(({ name }) => bannedNames.has(name)).map(({ seq }) => Number(seq)),
      );
      const declared = cut.dropped.flatMap(({ firstSeq, lastSeq }) =>
        Array.from({ length: lastSeq - firstSeq + 1 }, (_, index) => firstSeq + index),
      );
      expect(declared).toStrictEqual(cut.removed);
      for (const range of cut.dropped) {
        expect(range).toMatchObject({ reason: DropReason.BLACKLISTED, blacklistVersion: 5 });
      }
    }
    expect(cuts).toBeGreaterThan(50);
  });

  it('goes by the core of the batch, whoever cuts', () => {
    const content = (version: string, audience: ClientAudience) => ({
      producerId: new Uint8Array(16),
      core: { product: { name: 'editor', version }, audience },
      events: [{ seq: 1, timeUnixUs: 1, name: 'a.b' }],
    });
    const list = compile([banName('a.b', { product: 'editor', versionBelow: '2.0.0', audience: Audience.EXTERNAL })]);
    const removed = (version: string, audience: ClientAudience) => {
      const parts = readBatchParts(encodeBatch(content(version, audience)));
      return cutBanned(list, parts.coreBytes, parts.eventsBytes)?.removed;
    };
    expect(removed('1.9.9', 'external')).toStrictEqual([1]);
    expect(removed('1.9.9', 'internal')).toBeUndefined();
    expect(removed('2.0.0', 'external')).toBeUndefined();
  });

  it('finds number and name wherever another serializer put them', () => {
    const parts = readBatchParts(
      Uint8Array.from([
        ...[0x1a, 0x09, 0x1a, 0x03, 0x61, 0x2e, 0x62, 0x10, 0x01, 0x08, 0x07],
        ...[0x1a, 0x07, 0x1a, 0x03, 0x61, 0x2e, 0x63, 0x08, 0x08],
      ]),
    );
    const cut = cutBanned(compile([banName('a.b')]), parts.coreBytes, parts.eventsBytes);
    expect(cut).toMatchObject({ removed: [7], count: 1, firstSeq: 8, lastSeq: 8 });
  });
});

describe('decoding a list', () => {
  it('reads whatever there is, and keeps out of it what it does not know', () => {
    const random = seededRandom();
    for (let round = 0; round < 200; round++) {
      const list = listOf(
        Array.from({ length: random.int(0, 5) }, () => randomEntry(random)),
        random.count(),
      );
      const decoded = decodeBlacklist(toBinary(BlacklistSchema, list));
      expect(decoded.apiVersion).toBe(1);
      expect(decoded.version).toBe(Number(list.version));
      expect(decoded.entries.length).toBe(list.entries.length);
      for (const [index, entry] of decoded.entries.entries()) {
        const { match, product, versionMin, versionBelow, audience } =
          list.entries[index] ?? create(BlacklistEntrySchema);
        const name = match?.case === 'eventName' ? match.value : '';
        expect(entry).toMatchObject({ eventName: name, product, versionMin, versionBelow, audience });
      }
    }
  });

  it('refuses what is cut off anywhere inside', () => {
    const bytes = toBinary(BlacklistSchema, listOf([banName('a.b', { product: 'editor' })], 3));
    // Cut between two fields it is a list, which its checksum or its transport has to tell.
    for (let end = 5; end < bytes.length; end++) {
      expect(() => decodeBlacklist(bytes.subarray(0, end)), `cut at ${end}`).toThrow();
    }
  });
});

function audienceNumber(audience: ClientAudience | undefined): Audience {
  return audience === undefined
    ? Audience.UNSPECIFIED
    : audience === 'internal'
      ? Audience.INTERNAL
      : Audience.EXTERNAL;
}

/** Few letters, so that names share what they begin with. */
function randomName(random: Random): string {
  return Array.from({ length: random.int(1, 6) }, () => random.pick(['a', 'b', '.', 'é', '😀'])).join('');
}

function randomEntry(random: Random): Entry {
  const name = randomName(random);
  const conditions = {
    product: random.pick(['', '', 'editor', 'größe']),
    versionMin: random.pick(['', '', 'not a version', ...versions]),
    versionBelow: random.pick(['', '', '', ...versions]),
    audience: random.pick([
      Audience.UNSPECIFIED,
      Audience.UNSPECIFIED,
      Audience.INTERNAL,
      Audience.EXTERNAL,
      9 as Audience,
    ]),
    ...(random.chance(0.3) && { expireTime: timestampFromMs(nowMs + random.int(-2, 2)) }),
  };
  return random.chance(0.5) ? banName(name, conditions) : banPrefix(name, conditions);
}
