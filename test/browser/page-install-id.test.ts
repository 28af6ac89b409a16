import { describe, expect, test } from 'vitest';
import { pageStorage } from '../../client/src/browser/exit-shelf.ts';
import { PageInstallId } from '../../client/src/browser/page-install-id.ts';

const first = '0123456789abcdef0123456789abcdef';
const second = 'fedcba9876543210fedcba9876543210';
const entry = 'store.install-id';

/** As `localStorage`, with room for so many entries. */
class Storage {
  readonly entries = new Map<string, string>();
  readonly #room: number;

  constructor(room = 10) {
    this.#room = room;
  }

  get length(): number {
    return this.entries.size;
  }

  key(index: number): string | null {
    return [...this.entries.keys()][index] ?? null;
  }

  getItem(name: string): string | null {
    return this.entries.get(name) ?? null;
  }

  setItem(name: string, value: string): void {
    if (this.entries.size >= this.#room) throw new Error('QuotaExceededError');
    this.entries.set(name, value);
  }

  removeItem(name: string): void {
    this.entries.delete(name);
  }
}

describe('the id of an installation in a browser', () => {
  test('is kept with the first events and not before, and is the next visit’s', () => {
    const storage = new Storage();
    const id = new PageInstallId(storage, 'store', first);
    expect([id.id, storage.length]).toStrictEqual([first, 0]);
    id.keep();
    expect(storage.getItem(entry)).toBe(first);
    expect(new PageInstallId(storage, 'store', second).id).toBe(first);
    expect(new PageInstallId(storage, 'other', second).id).toBe(second);
  });

  test('of two pages that come at once is that of the first to keep its own', () => {
    const storage = new Storage();
    const [one, other] = [new PageInstallId(storage, 'store', first), new PageInstallId(storage, 'store', second)];
    one.keep();
    other.keep();
    expect(new PageInstallId(storage, 'store', '0'.repeat(32)).id).toBe(first);
  });

  test.each(['', 'x', first.slice(1), `${first}0`, first.toUpperCase()])('is made anew in place of %j', (damaged) => {
    const storage = new Storage();
    storage.setItem(entry, damaged);
    const id = new PageInstallId(storage, 'store', second);
    expect(id.id).toBe(second);
    id.keep();
    expect(storage.getItem(entry)).toBe(second);
  });

  test('is forgotten with a consent, and not kept again by the page that had it', () => {
    const storage = new Storage();
    const id = new PageInstallId(storage, 'store', first);
    id.keep();
    id.forget();
    id.keep();
    expect(storage.length).toBe(0);
  });

  test('is none where none is wanted, and what an earlier visit has kept is forgotten with a consent', () => {
    const storage = new Storage();
    new PageInstallId(storage, 'store', first).keep();
    const unwanted = new PageInstallId(storage, 'store', undefined);
    expect(unwanted.id).toBeUndefined();
    unwanted.keep();
    expect(storage.getItem(entry)).toBe(first);
    unwanted.forget();
    unwanted.keep();
    expect(storage.length).toBe(0);
  });

  test('is the page’s own where nothing can be kept', () => {
    for (const storage of [undefined, new Storage(0)]) {
      const id = new PageInstallId(storage, 'store', first);
      expect(() => id.keep()).not.toThrow();
      expect(() => id.forget()).not.toThrow();
      expect(id.id).toBe(first);
    }
  });
});

describe('the storage of a page', () => {
  test('may be missing, null or forbidden', () => {
    const storage = new Storage();
    expect(pageStorage({ localStorage: storage })).toBe(storage);
    expect(pageStorage({})).toBeUndefined();
    expect(pageStorage(JSON.parse('{ "localStorage": null }'))).toBeUndefined();
    const forbidden = Object.defineProperty({}, 'localStorage', {
      get: () => {
        throw new Error('SecurityError');
      },
    });
    expect(pageStorage(forbidden)).toBeUndefined();
  });
});
