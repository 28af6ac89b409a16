import type { BrowserContext, Page } from 'playwright-core';
import type { StoreBackend, StoreLock } from '../../../client/src/store/store-backend.ts';

/** The backend of a page, as it is called there: bytes travel as text of one character a byte. */
interface RemoteBackend {
  call(method: string, ...values: unknown[]): Promise<unknown>;
}

declare global {
  var remote: RemoteBackend;
  /** Stands in for the clock of the backend. */
  var clockMs: number | undefined;
}

/** Script of a page that has a backend in `remote`. */
export const backendModule = `
  import { IndexedDbBackend } from './client/src/browser/indexed-db-backend.ts';
  import { completePlatform } from './client/src/platform.ts';
  // A test may hold the clock.
  const platform = completePlatform({ monotonicMs: () => globalThis.clockMs ?? performance.now() });
  const backend = new IndexedDbBackend({ name: 'contract', scope: globalThis, platform });
  const locks = new Map();
  let changes = 0;
  const decode = (value) => value?.text === undefined ? value : Uint8Array.from(value.text, (c) => c.charCodeAt(0));
  const encode = (value) => {
    if (value instanceof Set) return [...value];
    if (!(value instanceof Uint8Array)) return value;
    let text = '';
    for (let start = 0; start < value.length; start += 8192) text += String.fromCharCode(...value.subarray(start, start + 8192));
    return { text };
  };
  const own = {
    async tryLock(name) {
      const lock = await backend.tryLock(name);
      if (lock === undefined) return undefined;
      const id = String(locks.size);
      locks.set(id, lock);
      return id;
    },
    beat: (id) => locks.get(id).beat(),
    release: (id) => locks.get(id).release(),
    watch: (folders) => void backend.watch(folders, () => changes++),
    changes: () => changes,
  };
  globalThis.remote = {
    call: async (method, ...values) => encode(await (own[method] ?? backend[method].bind(backend))(...values.map(decode))),
  };
`;

/** The backend of a page of its own, which is opened with it. */
export class PageBackend implements StoreBackend {
  readonly #newPage: () => Promise<Page>;
  #page: Page | undefined;

  constructor(context: Promise<BrowserContext>, url: Promise<string>) {
    this.#newPage = async () => {
      const page = await (await context).newPage();
      await page.goto(await url);
      await page.waitForFunction(() => 'remote' in globalThis);
      return page;
    };
  }

  async open(producer: string): Promise<void> {
    this.#page = await this.#newPage();
    await this.#call('open', producer);
  }

  async recover(): Promise<void> {
    await this.#call('recover');
  }

  async list(folder: string): Promise<string[]> {
    return (await this.#call('list', folder)) as string[];
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const value = (await this.#call('read', path)) as { text: string } | undefined;
    return value === undefined ? undefined : Buffer.from(value.text, 'latin1');
  }

  async write(bytes: Uint8Array, ...paths: [string, ...string[]]): Promise<void> {
    await this.#call('write', asText(bytes), ...paths);
  }

  async put(bytes: Uint8Array, path: string): Promise<void> {
    await this.#call('put', asText(bytes), path);
  }

  async rename(from: string, to: string): Promise<boolean> {
    return (await this.#call('rename', from, to)) as boolean;
  }

  async remove(path: string): Promise<boolean> {
    return (await this.#call('remove', path)) as boolean;
  }

  async wipe(): Promise<void> {
    await this.#call('wipe');
  }

  async sync(folder: string): Promise<void> {
    await this.#call('sync', folder);
  }

  async tryLock(name: string): Promise<StoreLock | undefined> {
    const id = (await this.#call('tryLock', name)) as string | undefined;
    if (id === undefined) return undefined;
    return {
      beat: async () => (await this.#call('beat', id)) as boolean,
      release: async () => void (await this.#call('release', id)),
    };
  }

  async liveProducers(): Promise<ReadonlySet<string>> {
    return new Set((await this.#call('liveProducers')) as string[]);
  }

  watch(folders: readonly string[], onChange: () => void): () => void {
    void this.#call('watch', folders);
    const look = setInterval(async () => {
      if (((await this.#call('changes')) as number) > 0) onChange();
    }, 50);
    return () => clearInterval(look);
  }

  async close(): Promise<void> {
    await this.#call('close');
  }

  #call(method: string, ...values: unknown[]): Promise<unknown> {
    if (this.#page === undefined) throw new Error('not open');
    return this.#page.evaluate(([name, given]) => remote.call(name, ...given), [method, values] as const);
  }
}

function asText(bytes: Uint8Array): { text: string } {
  return { text: Buffer.from(bytes).toString('latin1') };
}
