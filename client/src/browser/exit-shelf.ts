/** What the client uses of `localStorage`. */
export interface PageStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** Arguments of one call, which engines bound. */
const charactersPerCall = 8192;

/**
 * Where a page that ends puts files: the only storage of a browser that has taken a file when the call returns. What a page asks of the database as it
 * ends is often not done: of 40 pages that were left, 14 had their file there.
 */
export class ExitShelf {
  readonly #storage: PageStorage;
  readonly #prefix: string;

  /** @param name what the names of the entries begin with. */
  constructor(storage: PageStorage, name: string) {
    this.#storage = storage;
    this.#prefix = `${name}/`;
  }

  /** Throws when there is no room. */
  put(path: string, bytes: Uint8Array): void {
    let text = '';
    for (let start = 0; start < bytes.length; start += charactersPerCall) {
      text += String.fromCharCode(...bytes.subarray(start, start + charactersPerCall));
    }
    this.#storage.setItem(this.#prefix + path, text);
  }

  /** Paths of all that was put. */
  paths(): string[] {
    const names = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index) ?? '');
    return names.filter((name) => name.startsWith(this.#prefix)).map((name) => name.slice(this.#prefix.length));
  }

  read(path: string): Uint8Array | undefined {
    const text = this.#storage.getItem(this.#prefix + path);
    return text === null ? undefined : Uint8Array.from(text, (character) => character.charCodeAt(0));
  }

  remove(path: string): void {
    this.#storage.removeItem(this.#prefix + path);
  }
}

/** The page's storage; undefined where there is none, or where it may not be looked at. */
export function pageStorage(scope: { readonly localStorage?: PageStorage }): PageStorage | undefined {
  try {
    // Some web views have null there.
    return scope.localStorage ?? undefined;
  } catch {
    return undefined;
  }
}
