import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type AccessKey, changeKeys, makeAccessKey } from '@telemetry/warehouse';

/** A file of keys in a folder, as a test changes it. */
export class KeyBook {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'access-keys.json');
  }

  /** Makes a key; returns its text. */
  async add(role: 'ingest' | 'admin' | 'reader', products: readonly string[] | 'all' = [], name: string = role) {
    const createdAt = new Date().toISOString();
    const { text, key } = makeAccessKey({ role, name, products, createdAt }, randomBytes);
    await changeKeys(this.path, (keys) => [...keys, key]);
    return text;
  }

  /** Revokes the key of a text. */
  async revoke(text: string): Promise<void> {
    const id = text.slice(3, 15);
    const revokedAt = new Date().toISOString();
    await changeKeys(this.path, (keys) => keys.map((key): AccessKey => (key.id === id ? { ...key, revokedAt } : key)));
  }
}
