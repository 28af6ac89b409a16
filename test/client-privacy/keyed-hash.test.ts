import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashesKept, hashKeyBytesMin } from '../../client/src/limits.ts';
import { keyedHash } from '../../client/src/privacy/keyed-hash.ts';
import { protectUser } from '../../client/src/privacy/protect-user.ts';
import { seededRandom } from '../client/support/random.ts';

const key = 'k'.repeat(32);

describe('a keyed hash', () => {
  it('is HMAC-SHA-256, as RFC 4231 has it', () => {
    const { hash } = keyedHash({ id: 'k1', key: new Uint8Array(20).fill(0x0b) });
    expect(hash('Hi There')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
  });

  it('of any text under any key is what Node makes of them', () => {
    const random = seededRandom();
    for (let round = 0; round < 200; round++) {
      const bytes = random.bytes(random.int(hashKeyBytesMin, 200));
      const text = random.text();
      const expected = createHmac('sha256', bytes).update(text, 'utf8').digest('hex');
      expect(keyedHash({ id: 'k1', key: bytes }).hash(text)).toBe(expected);
    }
  });

  it('takes the key as it was: what is done to the bytes afterwards changes nothing', () => {
    const bytes = new Uint8Array(32).fill(1);
    const { hash } = keyedHash({ id: 'k1', key: bytes });
    const before = hash('alice');
    bytes.fill(0);
    expect(hash('bob')).toBe(keyedHash({ id: 'k1', key: new Uint8Array(32).fill(1) }).hash('bob'));
    expect(hash('alice')).toBe(before);
  });

  it.each([hashesKept - 1, hashesKept, hashesKept + 1])('is the same after %i others', (others) => {
    const { hash } = keyedHash({ id: 'k1', key });
    const before = hash('alice');
    for (let index = 0; index < others; index++) {
      hash(`user ${index}`);
    }
    expect(hash('alice')).toBe(before);
  });

  it.each([hashKeyBytesMin - 1, hashKeyBytesMin, hashKeyBytesMin + 1])('wants a key that is one: %i bytes', (size) => {
    for (const given of ['k'.repeat(size), new Uint8Array(size)]) {
      const make = () => keyedHash({ id: 'k1', key: given });
      if (size < hashKeyBytesMin) {
        expect(make).toThrow(
          new TypeError('keyedHash: key: shorter than 16 bytes; give random ones, as of "openssl rand -hex 32"'),
        );
      } else {
        expect(make().keyId).toBe('k1');
      }
    }
  });

  it('says nothing of the key when it refuses it', () => {
    const secret = 'geheim';
    expect(() => keyedHash({ id: 'k1', key: secret })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(secret) }),
    );
    expect(() => keyedHash({ id: '', key })).toThrow(TypeError);
    expect(() => keyedHash({ id: 'x'.repeat(257), key })).toThrow(TypeError);
    expect(() => keyedHash({ id: 'k1', key: 5 as unknown as string })).toThrow(TypeError);
  });
});

describe('a user', () => {
  const hash = keyedHash({ id: 'k1', key });
  const alice = { id: 'alice', email: 'alice@example.com' };

  it.each([
    ['internal', hash, { id: 'alice' }],
    ['internal', undefined, { id: 'alice' }],
    ['external', hash, { id: createHmac('sha256', key).update('alice').digest('hex'), hashKeyId: 'k1' }],
    [undefined, hash, { id: createHmac('sha256', key).update('alice').digest('hex'), hashKeyId: 'k1' }],
    ['external', undefined, undefined],
    [undefined, undefined, undefined],
  ] as const)('who is %s, with the key %o, is sent as %o', (audience, given, expected) => {
    const { user, isWithheld } = protectUser(alice, audience, given);
    expect(user).toEqual(expected);
    expect(isWithheld).toBe(expected === undefined);
  });

  it('whose id the application has hashed stays as it is', () => {
    const hashed = { id: 'feed', hashKeyId: 'k0' };
    for (const given of [hash, undefined]) {
      expect(protectUser(hashed, 'external', given)).toStrictEqual({ user: hashed, isWithheld: false });
    }
  });

  it('who is not known is nobody', () => {
    for (const user of [undefined, { id: '' }]) {
      expect(protectUser(user, 'external', hash)).toStrictEqual({ user: undefined, isWithheld: false });
    }
  });
});
