/**
 * What the client uses of IndexedDB. Declared here, since this package is compiled without the types of browsers: most of it runs elsewhere, too,
 * and there nothing should look as if it were there.
 */
export interface IdbFactory {
  open(name: string, version: number): IdbOpenRequest;
}

/** What makes ranges of keys. */
export interface IdbKeyRange {
  bound(lower: string, upper: string): unknown;
}

interface IdbRequest<Result> {
  readonly result: Result;
  readonly error: Error | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface IdbOpenRequest extends IdbRequest<IdbDatabase> {
  onupgradeneeded: (() => void) | null;
  onblocked: (() => void) | null;
}

export interface IdbDatabase {
  createObjectStore(name: string): void;
  transaction(
    store: string,
    mode: 'readonly' | 'readwrite',
    options?: { readonly durability: 'strict' | 'relaxed' },
  ): IdbTransaction;
  close(): void;
  onclose: (() => void) | null;
  onversionchange: (() => void) | null;
}

interface IdbTransaction {
  readonly error: Error | null;
  objectStore(name: string): IdbStore;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}

/** An object store whose keys are given beside the values. */
export interface IdbStore {
  get(key: string): IdbRequest<unknown>;
  getAllKeys(range?: unknown): IdbRequest<string[]>;
  put(value: unknown, key: string): IdbRequest<unknown>;
  delete(key: string): IdbRequest<unknown>;
}

/** The results of requests are in when their transaction is. */
export interface IdbRead<Result> {
  readonly result: Result;
}

/**
 * A database of one object store, opened when it is needed and again after it was closed, as browsers do with those of pages that they put aside or
 * clean up.
 */
export class Database {
  readonly #factory: IdbFactory;
  readonly #name: string;
  #open: Promise<IdbDatabase> | undefined;
  #now: IdbDatabase | undefined;

  constructor(factory: IdbFactory, name: string) {
    this.#factory = factory;
    this.#name = name;
  }

  /**
   * Runs one transaction, whole or not at all, and gives back what `work` does when it is over; rejects with the reason when it is not done.
   *
   * @param work asks for everything at once, or goes on in `onsuccess`.
   */
  async run<Result>(
    mode: 'readonly' | 'readwrite',
    durability: 'strict' | 'relaxed',
    work: (store: IdbStore) => IdbRead<Result>,
  ): Promise<Result> {
    this.#open ??= this.#connect();
    const database = await this.#open;
    return begin(database, mode, durability, work);
  }

  close(): void {
    this.#now?.close();
    this.#forget();
  }

  #connect(): Promise<IdbDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.#factory.open(this.#name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(filesStore);
      request.onerror = () => {
        this.#forget();
        reject(request.error ?? new Error('the database cannot be opened'));
      };
      request.onsuccess = () => {
        const database = request.result;
        this.#now = database;
        database.onclose = () => this.#forget();
        database.onversionchange = () => this.close();
        resolve(database);
      };
    });
  }

  #forget(): void {
    this.#open = undefined;
    this.#now = undefined;
  }
}

const filesStore = 'files';

function begin<Result>(
  database: IdbDatabase,
  mode: 'readonly' | 'readwrite',
  durability: 'strict' | 'relaxed',
  work: (store: IdbStore) => IdbRead<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(filesStore, mode, { durability });
    const read = work(transaction.objectStore(filesStore));
    transaction.oncomplete = () => resolve(read.result);
    transaction.onabort = () => reject(transaction.error ?? new Error('the database gave up'));
  });
}
