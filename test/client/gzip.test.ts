import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { defaultGzip, gunzip } from '../../client/src/gzip.ts';
import { encodeBatch } from '../../client/src/wire/encode-batch.ts';
import { type Random, seededRandom } from './support/random.ts';

/** Both ways, with zlib on the other side: what one writes the other reads. */
function expectRoundTrip(content: Uint8Array): Uint8Array {
  const packed = defaultGzip(content);
  expect(Buffer.compare(gunzipSync(packed), content)).toBe(0);
  expect(Buffer.compare(gunzip(packed), content)).toBe(0);
  for (const level of [0, 1, 6, 9]) {
    expect(Buffer.compare(gunzip(gzipSync(content, { level })), content)).toBe(0);
  }
  return packed;
}

function bytes(sizeBytes: number, next: (index: number) => number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => next(index));
}

/** Bytes of some kind, as the seed has it: noise, few values, text that repeats, runs. */
function randomContent(random: Random): Uint8Array {
  const sizeBytes = random.int(0, random.int(0, 1) === 0 ? 300 : 60_000);
  const values = random.int(1, 256);
  const period = random.int(1, 40_000);
  const content = bytes(sizeBytes, () => random.int(0, values - 1));
  if (random.int(0, 1) === 0) {
    for (let index = period; index < sizeBytes; index++) {
      if (random.int(0, 9) > 0) content[index] = content[index - period] ?? 0;
    }
  }
  return content;
}

describe('gzip', () => {
  test.each([
    ['nothing', bytes(0, () => 0)],
    ['a byte', bytes(1, () => 7)],
    ['two bytes', bytes(2, (index) => index)],
    ['three bytes', bytes(3, () => 0)],
    ['the longest match and one more', bytes(260, () => 1)],
    ['each byte once', bytes(256, (index) => index)],
    ['a long run', bytes(600_000, () => 65)],
    ['a match as far away as can be', bytes(32_768 + 300, (index) => (index < 300 || index >= 32_768 ? index * 7 : 0))],
    ['a match one too far away', bytes(32_769 + 300, (index) => (index < 300 || index >= 32_769 ? index * 7 : 0))],
  ])('brings back %s', (_, content) => {
    expectRoundTrip(content);
  });

  test('keeps its codes short enough where the rarest are far rarer than the most frequent', () => {
    // Each value as often as the two rarer ones together: the deepest tree that there is.
    const content: number[] = [];
    let [rarer, rare] = [1, 1];
    for (let value = 0; value < 24; value++) {
      for (let count = 0; count < rarer; count++) content.push(value * 10);
      [rarer, rare] = [rare, rarer + rare];
    }
    const random = seededRandom();
    const shuffled = content.map((value) => ({ value, place: random.next() })).sort((a, b) => a.place - b.place);
    expectRoundTrip(Uint8Array.from(shuffled, ({ value }) => value));
  });

  test('brings back what chance makes', () => {
    const random = seededRandom();
    for (let round = 0; round < 80; round++) expectRoundTrip(randomContent(random));
  });

  test('makes events about as small as zlib does', () => {
    const random = seededRandom();
    const events = Array.from({ length: 1_000 }, (_, index) => ({
      seq: index + 1,
      timeUnixUs: 1_760_000_000_000_000 + index * 1_234_567,
      name: `feature.${random.int(1, 20)}`,
      properties: { file: `file ${random.int(1, 999)}`, mode: `mode ${index % 3}` },
      measurements: { ms: random.next() * 100 },
    }));
    const content = encodeBatch({ producerId: new Uint8Array(16), core: { product: { name: 'editor' } }, events });
    expect(expectRoundTrip(content).length).toBeLessThan(gzipSync(content).length * 1.05);
  });

  test('makes the same bytes of the same content', () => {
    const content = bytes(5_000, (index) => index % 100);
    expect(defaultGzip(content)).toStrictEqual(defaultGzip(content));
  });

  test('throws, and ends, when the bytes are damaged or cut off', () => {
    const random = seededRandom();
    const content = bytes(3_000, () => random.int(97, 122));
    const packed = defaultGzip(content);
    for (let round = 0; round < 150; round++) {
      const damaged = packed.slice(0, random.int(0, 3) === 0 ? random.int(0, packed.length - 1) : packed.length);
      const at = random.int(10, Math.max(10, packed.length - 9));
      damaged[at] = (damaged[at] ?? 0) ^ (1 << random.int(0, 7));
      let result: Uint8Array | Error;
      try {
        result = gunzip(damaged);
      } catch (error) {
        result = error as Error;
      }
      // What is damaged and can be read all the same is as long as the trailer says.
      if (!(result instanceof Error)) expect(result).toHaveLength(content.length);
    }
  });
});
