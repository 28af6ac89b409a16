import { createHash } from 'node:crypto';

/** One step of the database's history. Never changed once released: what comes later is a new one. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  /** For people, in lower case with dashes. */
  readonly name: string;
  /** Each can be run again, also after it was run in part: a crash or a second process may make it so. */
  readonly statements: readonly string[];
}

/** What tells whether an applied migration is still the one in the code. White space does not count. */
export function checksumOf(migration: Migration): string {
  const hash = createHash('sha256');
  for (const statement of migration.statements) hash.update(statement.replace(/\s+/g, ' ').trim()).update('\0');
  return hash.digest('hex');
}
