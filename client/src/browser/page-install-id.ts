import type { PageStorage } from './exit-shelf.ts';

const idPattern = /^[0-9a-f]{32}$/;

/**
 * The random id of this installation: a browser, for one product and site. Kept beside the events, in the storage that can be read while a client is
 * created; and not before events are, so that it is never written for a visitor who has denied his consent.
 */
export class PageInstallId {
  /** The one that was kept, or the page's own; undefined: none is to be kept. */
  readonly id: string | undefined;
  readonly #storage: PageStorage | undefined;
  readonly #name: string;
  #isToKeep: boolean;

  /**
   * @param storage undefined where a page has none, or may not look at it: the id is the page's own then.
   * @param name of the store.
   * @param ownId 32 hexadecimal digits, random, for the case that none is kept; undefined: the client wants none, and has one forgotten that an
   * earlier visit has kept when the consent is denied.
   */
  constructor(storage: PageStorage | undefined, name: string, ownId: string | undefined) {
    this.#storage = storage;
    // Not as what is on the exit shelf, which has a slash there.
    this.#name = `${name}.install-id`;
    const kept = storage?.getItem(this.#name) ?? '';
    const isKept = idPattern.test(kept);
    this.#isToKeep = !isKept && ownId !== undefined;
    this.id = isKept && ownId !== undefined ? kept : ownId;
  }

  /** Events are kept, so this may be. A page that came first has kept its own, which the next visits have. Does not throw: a full storage keeps none. */
  keep(): void {
    if (this.#isToKeep && this.id !== undefined) {
      this.#isToKeep = false;
      try {
        if (!idPattern.test(this.#storage?.getItem(this.#name) ?? '')) {
          this.#storage?.setItem(this.#name, this.id);
        }
      } catch {
        // Another page, or the next visit, tries again.
      }
    }
  }

  /** The visitor has denied his consent. If he agrees again later, he is not known again: this id is kept no more. */
  forget(): void {
    this.#isToKeep = false;
    this.#storage?.removeItem(this.#name);
  }
}
