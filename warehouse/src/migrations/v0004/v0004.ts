import { compactLoadedParts, plainPropertyNames } from './lighter-events.ts';

/** Loads that cost less. */
export const statements: readonly string[] = [plainPropertyNames, compactLoadedParts];
