import type { Migration } from './migration.ts';
import { statements as firstLight } from './v0001/v0001.ts';

/** All migrations, in order. */
export const migrations: readonly Migration[] = [{ version: 1, name: 'first-light', statements: firstLight }];
