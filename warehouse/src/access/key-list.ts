import { ACCESS_KEYS_MAX } from '../limits.ts';
import { type AccessKey, isKeyId, KEY_ROLES } from './access-key.ts';

const VERSION = 1;
const SHA256 = /^[0-9a-f]{64}$/;

/** A key in the file. */
interface StoredKey {
  readonly id: string;
  readonly role: string;
  readonly name: string;
  readonly products?: readonly string[];
  readonly all_products?: boolean;
  readonly sha256: string;
  readonly created_at: string;
  readonly revoked_at?: string;
}

/** The keys as the text of their file. */
export function serializeKeys(keys: readonly AccessKey[]): string {
  const stored = keys.map(
    ({ id, role, name, products, sha256, createdAt, revokedAt }): StoredKey => ({
      id,
      role,
      name,
      ...(role === 'ingest' ? (products === 'all' ? { all_products: true } : { products }) : {}),
      sha256,
      created_at: createdAt,
      ...(revokedAt === undefined ? {} : { revoked_at: revokedAt }),
    }),
  );
  return `${JSON.stringify({ version: VERSION, keys: stored }, undefined, 2)}\n`;
}

/** Reads what `serializeKeys` wrote; throws an Error that says which key is wrong. */
export function parseKeys(text: string): AccessKey[] {
  const file = JSON.parse(text) as { version?: unknown; keys?: unknown } | null;
  if (file?.version !== VERSION) throw new Error(`its version is not ${VERSION}`);
  if (!Array.isArray(file.keys)) throw new Error('it has no list of keys');
  if (file.keys.length > ACCESS_KEYS_MAX) throw new Error(`it has more than ${ACCESS_KEYS_MAX} keys`);
  const keys = file.keys.map((stored: Partial<StoredKey> | null, index) => parseKey(stored, index));
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new Error('two keys have the same id');
  return keys;
}

function parseKey(stored: Partial<StoredKey> | null, index: number): AccessKey {
  const wrong = (field: string): Error => new Error(`keys[${index}].${field} is not one`);
  const { id, role: roleName, name, products, all_products, sha256, created_at, revoked_at } = stored ?? {};
  if (typeof id !== 'string' || !isKeyId(id)) throw wrong('id');
  const role = KEY_ROLES.find((known) => known === roleName);
  if (role === undefined) throw wrong('role');
  if (typeof name !== 'string') throw wrong('name');
  if (typeof sha256 !== 'string' || !SHA256.test(sha256)) throw wrong('sha256');
  if (typeof created_at !== 'string') throw wrong('created_at');
  if (revoked_at !== undefined && typeof revoked_at !== 'string') throw wrong('revoked_at');
  const facts = { id, role, name, sha256, createdAt: created_at, revokedAt: revoked_at };
  if (role !== 'ingest') return { ...facts, products: [] };
  if (all_products === true) return { ...facts, products: 'all' };
  if (
    !Array.isArray(products) ||
    products.length === 0 ||
    products.some((one) => typeof one !== 'string' || one === '')
  )
    throw wrong('products');
  return { ...facts, products };
}
