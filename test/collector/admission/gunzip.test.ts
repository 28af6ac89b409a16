import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Gunzipper } from '../../../collector/src/admission/gunzip.ts';
import { mutate } from '../support/mutate.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';

const SIZE_BYTES_MAX = 40_000;

/** Both ways: with the parts of `node:zlib` that are used again, and without. */
const ways = [
  ['reusing the inflater', new Gunzipper(Buffer.alloc(SIZE_BYTES_MAX + 1))],
  ['by the public function', new Gunzipper(Buffer.alloc(SIZE_BYTES_MAX + 1), () => undefined)],
] as const;

function randomContent(random: Random, sizeBytes: number): Buffer {
  const alphabet = random.bytes(random.between(1, 30));
  return Buffer.from(Array.from({ length: sizeBytes }, () => random.pick([...alphabet])));
}

it('finds in this Node what it uses again', () => {
  // Otherwise both ways are the same, and the collector takes twice the time.
  let made = 0;
  const gunzipper = new Gunzipper(Buffer.alloc(11), () => {
    made++;
    return undefined;
  });
  expect(gunzipper.gunzip(gzipSync('abc'))).toEqual(Buffer.from('abc'));
  expect(made).toBe(1);
  const output = Buffer.alloc(11);
  const first = new Gunzipper(output).gunzip(gzipSync('abc')) as Uint8Array;
  expect(first.buffer).toBe(output.buffer);
});

describe.each(ways)('%s', (_, gunzipper) => {
  it('holds the limit to the byte', () => {
    for (const sizeBytes of [SIZE_BYTES_MAX - 1, SIZE_BYTES_MAX]) {
      const content = gunzipper.gunzip(gzipSync(Buffer.alloc(sizeBytes, 'a')));
      expect(content).toEqual(Buffer.alloc(sizeBytes, 'a'));
    }
    for (const sizeBytes of [SIZE_BYTES_MAX + 1, SIZE_BYTES_MAX + 2, 100 * SIZE_BYTES_MAX])
      expect(gunzipper.gunzip(gzipSync(Buffer.alloc(sizeBytes, 'a')))).toEqual({ kind: 'too large' });
    const members = [gzipSync(Buffer.alloc(SIZE_BYTES_MAX)), gzipSync('x')];
    expect(gunzipper.gunzip(Buffer.concat(members))).toEqual({ kind: 'too large' });
  });

  it('says what is wrong', () => {
    const member = gzipSync('text');
    const faults = [Buffer.alloc(30), member.subarray(0, -1), Buffer.concat([member, Buffer.from('abc')])];
    for (const content of faults) {
      expect(gunzipper.gunzip(content)).toMatchObject({ kind: 'not gzip', detail: expect.stringMatching(/./) });
      expect(gunzipper.gunzip(member)).toEqual(Buffer.from('text'));
    }
  });
});

it.each(seeds())('says the same both ways, whatever came before, seed %i', async (seed) => {
  await withSeed(seed, (random) => {
    const [[, reusing], [, once]] = ways;
    const outcomes = { content: 0, fault: 0 };
    for (let round = 0; round < 1_500; round++) {
      const parts = Array.from({ length: random.between(1, 3) }, () =>
        gzipSync(randomContent(random, random.below(2_000)), { level: random.below(10) }),
      );
      const whole = Buffer.concat(parts);
      const content = random.chance(0.5) ? whole : Buffer.from(mutate(random, whole));
      const expected = once.gunzip(content);
      const actual = reusing.gunzip(content);
      if (expected instanceof Uint8Array) {
        outcomes.content++;
        expect(Buffer.from(actual as Uint8Array).equals(expected)).toBe(true);
      } else {
        outcomes.fault++;
        expect(actual).toEqual(expected);
      }
    }
    expect(outcomes.content).toBeGreaterThan(500);
    expect(outcomes.fault).toBeGreaterThan(300);
  });
});
