import { gunzipSync, gzipSync } from 'node:zlib';
import { Encoding, ErrorReason } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { admit, batch, refusalOf, sealedRequest, serialize } from '../support/batches.ts';
import { seeds, withSeed } from '../support/random.ts';
import { randomBatch } from '../support/random-batch.ts';

const plain = serialize(batch());
const member = gzipSync(plain);
const admitGzip = (...parts: Uint8Array[]) => admit(sealedRequest(Buffer.concat(parts), Encoding.GZIP));
const reasonOf = (...parts: Uint8Array[]) => refusalOf(() => admitGzip(...parts));

describe('gzip', () => {
  it('takes several members as one content, cut anywhere, empty ones too', () => {
    for (let cut = 0; cut <= plain.length; cut += 3) {
      const members = [gzipSync(plain.subarray(0, cut)), gzipSync(new Uint8Array()), gzipSync(plain.subarray(cut))];
      const admitted = admitGzip(...members);
      expect(admitted).toMatchObject({ plainSizeBytes: plain.length, eventCount: 1, encoding: Encoding.GZIP });
      expect(Buffer.concat(members).equals(admitted.bytes)).toBe(true);
    }
  });

  it('takes every level and a member with name and comment', () => {
    for (let level = 0; level <= 9; level++) expect(admitGzip(gzipSync(plain, { level })).eventCount).toBe(1);
    const named = Buffer.concat([
      member.subarray(0, 3),
      Uint8Array.of(0x18),
      member.subarray(4, 10),
      Buffer.from('name\0comment\0'),
    ]);
    expect(admitGzip(named, member.subarray(10)).eventCount).toBe(1);
  });

  it.each([
    ['a zero', [0]],
    ['zero padding', Array(512).fill(0)],
    ['the first byte of a member', [0x1f]],
    ['the magic of a member', [0x1f, 0x8b]],
    ['a member that ends early', [...member.subarray(0, -1)]],
    ['a member behind a zero', [0, ...member]],
    ['bytes that begin like a member', [0x1f, 1, 2, 3, 4]],
    ['other bytes', [1, 2, 3]],
    ['text', [...Buffer.from('trailing garbage')]],
  ])('refuses %s behind the last member', (_, tail) => {
    expect(reasonOf(member, Uint8Array.from(tail))).toMatchObject({
      reason: ErrorReason.BAD_ENCODING,
      field: 'sealed.bytes',
    });
  });

  it('refuses every truncation', () => {
    for (let size = 0; size < member.length; size++) {
      expect(reasonOf(member.subarray(0, size)).reason).toBe(ErrorReason.BAD_ENCODING);
    }
  });

  it('refuses every flipped bit that changes the content, and takes no other content', () => {
    let refused = 0;
    for (let bit = 0; bit < member.length * 8; bit++) {
      const damaged = Buffer.from(member);
      const at = bit >> 3;
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      let content: Uint8Array;
      try {
        content = gunzipSync(admitGzip(damaged).bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: 'Refusal', reason: ErrorReason.BAD_ENCODING });
        refused++;
        continue;
      }
      expect(plain.every((byte, index) => byte === content[index])).toBe(true);
    }
    // All but the hints of the header (time, level, system, text) and the unused bits behind the last deflate symbol.
    expect(refused).toBeGreaterThan(member.length * 8 - 7 * 8);
  });

  it.each(seeds())('survives a trailer that lies about the size, seed %i', async (seed) => {
    await withSeed(seed, (random) => {
      for (const claimed of [0, 1, 2 ** 31, 2 ** 32 - 1, random.below(2 ** 32)]) {
        const lying = Buffer.from(member);
        lying.writeUInt32LE(claimed, lying.length - 4);
        expect(reasonOf(lying).reason).toBe(ErrorReason.BAD_ENCODING);
      }
      // Right for the last member and far too small for all of them.
      const big = serialize(randomBatch(random, 30).batch);
      expect(admitGzip(gzipSync(big.subarray(0, -1)), gzipSync(big.subarray(-1))).plainSizeBytes).toBe(big.length);
    });
  });

  it('refuses what is not gzip, saying so', () => {
    for (const bytes of [plain, new Uint8Array(), Buffer.alloc(1000, 'x'), Buffer.alloc(1000)]) {
      const refusal = reasonOf(bytes);
      expect(refusal.reason).toBe(ErrorReason.BAD_ENCODING);
      expect(refusal.message).toMatch(/^The bytes are not gzip \(.+\)\. Send gzip/);
    }
    expect(refusalOf(() => admit(sealedRequest(member, Encoding.IDENTITY))).reason).toBe(ErrorReason.MALFORMED);
  });
});

it.each([0, 3, 4, 255, 2 ** 31 - 1])('refuses encoding %i', (encoding) => {
  const refusal = refusalOf(() => admit(sealedRequest(plain, encoding)));
  expect(refusal).toMatchObject({ reason: ErrorReason.BAD_ENCODING, field: 'sealed.encoding' });
  expect(refusal.message).toContain(String(encoding));
});
