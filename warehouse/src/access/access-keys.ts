import { type AccessKey, idOfKey, isTextOf } from './access-key.ts';

/** The keys in force, as those who are asked for one see them. */
export interface AccessKeys {
  /** Whether callers must show a key. Once there was one they must, also when all are revoked. */
  readonly isOn: boolean;
  /** Ingest keys in force: among so many what is scarce is shared. */
  readonly ingestKeys: number;
  /** The key of this text, if it is in force. */
  find(text: string): AccessKey | undefined;
  /** Whether a key that was found is still in force. */
  isInForce(key: AccessKey): boolean;
  /** Calls back when keys have changed. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** No keys, and nobody is asked for one. */
export const noAccessKeys: AccessKeys = {
  isOn: false,
  ingestKeys: 0,
  find: () => undefined,
  isInForce: () => true,
  onChange: () => () => {},
};

/** Keys by their identifiers; never changes. */
export class KeyRing {
  readonly isOn: boolean;
  readonly ingestKeys: number;
  readonly #byId = new Map<string, AccessKey>();

  /**
   * @param keys those of the file, the revoked ones too
   * @param serviceKey that of the run, if there is one: it alone turns nothing on
   * @param isRequired whether callers must show a key even if there is none
   */
  constructor(keys: readonly AccessKey[], serviceKey: AccessKey | undefined, isRequired: boolean) {
    this.isOn = isRequired || keys.length > 0;
    const inForce = keys.filter((key) => key.revokedAt === undefined);
    this.ingestKeys = inForce.filter(({ role }) => role === 'ingest').length;
    for (const key of inForce) this.#byId.set(key.id, key);
    if (serviceKey !== undefined) this.#byId.set(serviceKey.id, serviceKey);
  }

  find(text: string): AccessKey | undefined {
    const id = idOfKey(text);
    const key = id === undefined ? undefined : this.#byId.get(id);
    return key !== undefined && isTextOf(key, text) ? key : undefined;
  }

  isInForce(key: AccessKey): boolean {
    return this.#byId.get(key.id)?.sha256 === key.sha256;
  }
}
