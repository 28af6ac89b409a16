import { protocolLimits } from '@telemetry/gen/constants';
import { exceedsUtf8 } from '../utf8.ts';

/** Hashes identifiers with a key. `keyedHash` makes one; it is given, so that who needs none has no code of it. */
export interface KeyedHash {
  /** Name of the key, which goes with the hash: two hashes compare only under the same key. 1 to 256 bytes. */
  readonly keyId: string;
  /** The same for the same text, 1 to 256 bytes. One that cannot be made, or throws, leaves the identifier out. */
  hash(text: string): string;
}

/** The hash as it is used: undefined where it cannot be made. */
export interface IdentifierHash {
  readonly keyId: string;
  hash(text: string): string | undefined;
}

/**
 * Checks what was given, and from then on trusts none of its answers: it may be the application's own.
 *
 * @throws TypeError when it is no hash.
 */
export function identifierHash(given: KeyedHash): IdentifierHash {
  if (typeof given?.hash !== 'function' || !isIdentifier(given.keyId)) {
    throw new TypeError('privacy.hash: not a hash with the name of its key; make it with keyedHash');
  }
  return {
    keyId: given.keyId,
    hash(text) {
      try {
        const hash: unknown = given.hash(text);
        return isIdentifier(hash) ? hash : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !exceedsUtf8(value, protocolLimits.identifierBytesMax);
}
