import type { Audience, User } from '../core.ts';
import type { IdentifierHash } from './hash.ts';

/** What may be sent of a user; undefined: nothing. */
export interface ProtectedUser {
  readonly user: Pick<User, 'id' | 'hashKeyId'> | undefined;
  /** Whether the id was left out for want of a key. */
  readonly isWithheld: boolean;
}

/**
 * The user as the core has it. An internal one stays plain, an external one is hashed. Without a key the id of an external user is left
 * out, since a hash that anybody can make again hides nothing. An id that the application has hashed itself, and says by which key, stays.
 */
export function protectUser(
  user: User | undefined,
  audience: Audience | undefined,
  hash: IdentifierHash | undefined,
): ProtectedUser {
  if (user === undefined || user.id === '') {
    return { user: undefined, isWithheld: false };
  }
  if (audience === 'internal' || (user.hashKeyId !== undefined && user.hashKeyId !== '')) {
    return { user: { id: user.id, hashKeyId: user.hashKeyId }, isWithheld: false };
  }
  const id = hash?.hash(user.id);
  return id === undefined
    ? { user: undefined, isWithheld: true }
    : { user: { id, hashKeyId: hash?.keyId }, isWithheld: false };
}
