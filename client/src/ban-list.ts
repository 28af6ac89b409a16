import type { Audience } from './core.ts';

/** Says of a name whether events of that name are banned now. */
export type NameBan = (name: string) => boolean;

/** Events that must not be collected any more, as one version of the blacklist has them. */
export interface BanList {
  /** Version of the list: what it drops is declared with it. */
  readonly version: number;
  /** What is banned for a product, a version of it and an audience; undefined: nothing. Stored batches have a core of their own. */
  forCore(product: string, productVersion: string, audience: Audience | undefined): NameBan | undefined;
}
