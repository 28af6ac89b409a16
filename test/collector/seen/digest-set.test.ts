import { describe, expect, it } from 'vitest';
import { DigestSet } from '../../../collector/src/seen/digest-set.ts';
import { seeds, withSeed } from '../support/random.ts';

/** A digest made of two words. */
function digestOf(low: number, high: number): Buffer {
  const digest = Buffer.alloc(8);
  digest.writeUInt32LE(low >>> 0, 0);
  digest.writeUInt32LE(high >>> 0, 4);
  return digest;
}

describe.each(seeds())('a set of digests against a set of texts, seed %i', (seed) => {
  it('knows the same through growth, repetition and digests that fall on one slot', async () => {
    await withSeed(seed, (random) => {
      const digests = new DigestSet();
      const model = new Set<string>();
      for (let round = 0; round < 60_000; round++) {
        // A few low words, so that many digests want the same slot, also around the end of the table.
        const low = random.chance(0.3) ? random.pick([0, 1, 4_095, 0xffff_ffff]) : random.below(2 ** 32);
        const digest = digestOf(low, random.below(random.chance(0.5) ? 200 : 2 ** 32));
        const text =
          low === 0 && digest.readUInt32LE(4) === 0 ? digestOf(1, 0).toString('hex') : digest.toString('hex');
        if (digests.has(digest) !== model.has(text)) throw new Error(`${text}: ${digests.has(digest)}`);
        if (random.chance(0.6)) {
          digests.add(digest);
          model.add(text);
        }
        if (digests.size !== model.size) throw new Error(`${digests.size} instead of ${model.size}`);
      }
      for (const text of model) expect(digests.has(Buffer.from(text, 'hex'))).toBe(true);
    });
  });
});

describe('a set of digests', () => {
  it('takes the digest of zeros, which is that of a free slot, for its neighbour', () => {
    const digests = new DigestSet();
    expect(digests.has(digestOf(0, 0))).toBe(false);
    digests.add(digestOf(0, 0));
    expect(digests.has(digestOf(0, 0))).toBe(true);
    expect(digests.size).toBe(1);
    expect(digests.has(digestOf(0, 1))).toBe(false);
    digests.add(digestOf(0, 1));
    digests.add(digestOf(0, 0));
    expect(digests.size).toBe(2);
  });

  it('reads 8 bytes and no more, wherever they stand', () => {
    const digests = new DigestSet();
    const long = Buffer.alloc(20, 9);
    digests.add(long);
    long.fill(1, 8);
    expect(digests.has(long)).toBe(true);
    expect(digests.has(Buffer.concat([Buffer.alloc(3), Buffer.alloc(8, 9)]).subarray(3))).toBe(true);
    long[7] = 8;
    expect(digests.has(long)).toBe(false);
  });

  it('keeps millions, and finds each in little time', () => {
    const digests = new DigestSet();
    const count = 4_000_000;
    const digest = Buffer.alloc(8);
    // An odd factor visits every 32-bit word once: evenly spread, as digests are.
    const write = (index: number) => {
      digest.writeUInt32LE(Math.imul(index, 0x9e3779b1) >>> 0, 0);
      digest.writeUInt32LE(Math.imul(index, 0x85ebca6b) >>> 0, 4);
    };
    for (let index = 1; index <= count; index++) {
      write(index);
      digests.add(digest);
    }
    expect(digests.size).toBe(count);
    let found = 0;
    for (let index = 1; index <= 2 * count; index++) {
      write(index);
      if (digests.has(digest)) found++;
    }
    expect(found).toBe(count);
  });
});
