import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gzipChunkBytes } from '../../client/src/limits.ts';
import { GzipPool, isMemberOf } from '../../client/src/node/gzip-pool.ts';
import { type Random, seededRandom } from './support/random.ts';

const level = 5;

/** Noise, which does not compress, or the same few kilobytes over and over; now and then more than zlib has room for at a time. */
function randomContent(random: Random): Uint8Array {
  const sizeBytes = random.int(0, random.pick([10, 20_000, 100_000, 3 * gzipChunkBytes]));
  const noise = random.bytes(random.chance(0.3) ? sizeBytes : Math.min(sizeBytes, 3_000));
  return Uint8Array.from({ length: sizeBytes }, (_, index) => noise[index % noise.length] ?? 0);
}

test('makes of each content what zlib makes of it at once, however many are under way and whatever came before', async () => {
  const random = seededRandom();
  const pool = new GzipPool(level);
  for (let round = 0; round < 40; round++) {
    const contents = Array.from({ length: random.int(1, 5) }, () => randomContent(random));
    const packed = await Promise.all(contents.map((content) => pool.compress(content)));
    for (const [index, content] of contents.entries()) {
      expect(Buffer.compare(packed[index] as Uint8Array, gzipSync(content, { level })), `round ${round}`).toBe(0);
    }
  }
});

test('holds no more than it gives', async () => {
  const pool = new GzipPool(level);
  const packed = await Promise.all(Array.from({ length: 6 }, () => pool.compress(new Uint8Array(50_000))));
  packed.push(await pool.compress(new Uint8Array(0)));
  for (const { length, buffer } of packed) {
    expect(buffer.byteLength).toBe(length);
  }
});

test('tells the member of some bytes from parts of one, from one with something before it, and from that of others', () => {
  const bytes = new Uint8Array(50_000).fill(7);
  const member = gzipSync(bytes, { level });
  expect(isMemberOf(member, bytes)).toBe(true);
  expect(isMemberOf(gzipSync(''), new Uint8Array(0))).toBe(true);
  for (let cut = 1; cut < member.length; cut++) {
    expect(isMemberOf(member.subarray(cut), bytes)).toBe(false);
    expect(isMemberOf(member.subarray(0, -cut), bytes)).toBe(false);
    expect(isMemberOf(Buffer.concat([member.subarray(-cut), member]), bytes)).toBe(cut === member.length);
  }
  expect(isMemberOf(member, new Uint8Array(50_000))).toBe(false);
  expect(isMemberOf(member, bytes.subarray(1))).toBe(false);
});

test('what does not fit its bytes in the end is not handed on', async () => {
  const pool = new GzipPool(level);
  for (let round = 1; round <= 5; round++) {
    const bytes = new Uint8Array(randomBytes(2_000_000));
    const packing = pool.compress(bytes);
    // The other thread has begun to read them.
    await new Promise((resolve) => setImmediate(resolve));
    bytes.fill(round);
    expect(Buffer.compare(gunzipSync(await packing), bytes), `round ${round}`).toBe(0);
  }
});
