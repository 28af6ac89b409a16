import { ErrorReason } from '@telemetry/gen';
import { type AccessKeys, bearerKey } from '@telemetry/warehouse';
import { Refusal } from '../admission/refusal.ts';
import { Caller } from './caller.ts';
import { isGranted, type Permission, rolesFor } from './permission.ts';

/** Asks callers for a key, where keys are on. */
export class AccessGate {
  readonly #keys: AccessKeys;

  constructor(keys: AccessKeys) {
    this.#keys = keys;
  }

  /** Ingest keys in force: among so many what is scarce is shared. */
  readonly ingestKeys = (): number => this.#keys.ingestKeys;

  /**
   * Who calls, by the `authorization` header.
   *
   * @throws Refusal `UNAUTHENTICATED` without a key that is in force, `PERMISSION_DENIED` with one of another role.
   */
  admit(authorization: string | null | undefined, permission: Permission): Caller {
    if (!this.#keys.isOn || permission === 'nothing') return new Caller(this.#keys, undefined);
    const text = bearerKey(authorization ?? '');
    if (text === undefined) throw unauthenticated('This needs a key. Send it as "authorization: Bearer KEY".');
    const key = this.#keys.find(text);
    // Not which of the two it is: that is nobody's business but the operator's.
    if (key === undefined) throw unauthenticated('The key is not known, or was revoked. Ask the operator for another.');
    if (!isGranted(key.role, permission)) {
      const message = `The key ${key.id} is for another use (${key.role}); this needs one of the role ${rolesFor(permission)}.`;
      throw new Refusal({ reason: ErrorReason.PERMISSION_DENIED, field: '', message });
    }
    return new Caller(this.#keys, key);
  }
}

/** A call that needs a key and shows none that is in force. */
export function unauthenticated(message: string): Refusal {
  return new Refusal({ reason: ErrorReason.UNAUTHENTICATED, field: '', message });
}
