import { hash, timingSafeEqual } from 'node:crypto';
import { AccessError } from './access-error.ts';

/** What a key is for. `service` is that of one run of `telemetry serve`, which is in no file. */
export type KeyRole = 'ingest' | 'admin' | 'reader' | 'service';

/** Roles that a key of the file can have. */
export const KEY_ROLES = ['ingest', 'admin', 'reader'] as const satisfies readonly KeyRole[];

/** A key as it is kept: all but the secret. */
export interface AccessKey {
  /** Not secret: names the key in lists and logs, and is part of its text. */
  readonly id: string;
  readonly role: KeyRole;
  /** Who uses it, for people: what they change is entered under this name. */
  readonly name: string;
  /** Products that an ingest key may send for; `all` for any. Empty for the other roles. */
  readonly products: readonly string[] | 'all';
  /** SHA-256 of the key's text, in hexadecimal digits. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; undefined while it is in force. */
  readonly revokedAt: string | undefined;
}

const ID_SIZE_BYTES = 6;
/** 256 bits: beyond guessing, so that a plain hash of it cannot be searched either. */
const SECRET_SIZE_BYTES = 32;
/** The prefix is for those who search files and logs for keys that should not be there. */
const KEY_TEXT = /^tk_([0-9a-f]{12})_[0-9a-f]{64}$/;
const KEY_ID = /^[0-9a-f]{12}$/;

/** Source of `size` random bytes. */
export type RandomBytes = (sizeBytes: number) => Uint8Array;

/** A new key: its text, to be shown once, and what is kept of it. */
export function makeAccessKey(
  facts: Pick<AccessKey, 'role' | 'name' | 'products' | 'createdAt'>,
  randomBytes: RandomBytes,
): { readonly text: string; readonly key: AccessKey } {
  const id = Buffer.from(randomBytes(ID_SIZE_BYTES)).toString('hex');
  const text = `tk_${id}_${Buffer.from(randomBytes(SECRET_SIZE_BYTES)).toString('hex')}`;
  const { role, name, products, createdAt } = facts;
  return { text, key: { id, role, name, products, sha256: hashKey(text), createdAt, revokedAt: undefined } };
}

/** The identifier in the text of a key; undefined when the text is no key's. */
export function idOfKey(text: string): string | undefined {
  return KEY_TEXT.exec(text)?.[1];
}

/** Whether a text can be the identifier of a key. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** Whether `text` is the text of the key. Takes the same time wherever they differ. */
export function isTextOf(key: AccessKey, text: string): boolean {
  return timingSafeEqual(Buffer.from(key.sha256, 'hex'), Buffer.from(hashKey(text), 'hex'));
}

/**
 * The hash by which a key is kept. SHA-256 and not one of the slow functions for passwords: these make guessing dear where secrets are few,
 * and here there are 2^256. It is computed twice a call, two microseconds each (measured).
 */
function hashKey(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The key of a run by its text. Throws AccessError when it is none. */
export function serviceKeyOf(text: string): AccessKey {
  const id = idOfKey(text);
  if (id === undefined) throw new AccessError('The key of the service is not one.');
  const facts = { role: 'service', name: 'telemetry serve', products: 'all', createdAt: '' } as const;
  return { ...facts, id, sha256: hashKey(text), revokedAt: undefined };
}
