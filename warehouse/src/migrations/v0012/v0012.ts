import { mergeLikeWithLike } from './like-with-like.ts';

/** Merges of parts of like size. */
export const statements: readonly string[] = [mergeLikeWithLike];
