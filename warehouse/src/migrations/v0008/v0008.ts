import { widenMergeBlocks } from './merge-blocks.ts';
import { createProducerCompleteness, createProducerHole } from './producer-completeness.ts';

/** Whether anything is missing, by producer; and merged parts that take less room. */
export const statements: readonly string[] = [widenMergeBlocks, createProducerCompleteness, createProducerHole];
