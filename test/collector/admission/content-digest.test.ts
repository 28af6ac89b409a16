import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { contentDigest } from '../../../collector/src/admission/content-digest.ts';
import { seeds, withSeed } from '../support/random.ts';

it.each(seeds())('is the beginning of SHA-1, whatever it holds, seed %i', async (seed) => {
  await withSeed(seed, (random) => {
    for (let round = 0; round < 300; round++) {
      const bytes = random.bytes(random.below(500));
      const expected = createHash('sha1').update(bytes).digest().subarray(0, 8);
      expect(Buffer.from(contentDigest(bytes)).equals(expected)).toBe(true);
    }
  });
});
