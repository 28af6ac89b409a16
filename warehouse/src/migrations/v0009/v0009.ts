import { mergeManyParts } from './fewer-merges.ts';

/** Merges that rewrite less. */
export const statements: readonly string[] = [mergeManyParts];
