import { ErrorReason } from '@telemetry/gen';
import { type AccessKey, type AccessKeys, noAccessKeys } from '@telemetry/warehouse';
import { Refusal } from '../admission/refusal.ts';

/** Who calls: the holder of a key, or anybody where keys are off. */
export class Caller {
  readonly #keys: AccessKeys;
  readonly #key: AccessKey | undefined;
  readonly #products: ReadonlySet<string> | undefined;

  /** @param key undefined: nobody was asked for one */
  constructor(keys: AccessKeys, key: AccessKey | undefined) {
    this.#keys = keys;
    this.#key = key;
    this.#products = key === undefined || key.products === 'all' ? undefined : new Set(key.products);
  }

  /** Identifier of the key; undefined where nobody is asked for one. */
  get keyId(): string | undefined {
    return this.#key?.id;
  }

  /** Whose key it is; undefined where nobody is asked for one. */
  get name(): string | undefined {
    return this.#key?.name;
  }

  /** Whether the caller would still be let in: a key may be revoked during a long call, and the first one may have been made. */
  get isInForce(): boolean {
    return this.#key === undefined ? !this.#keys.isOn : this.#keys.isInForce(this.#key);
  }

  /**
   * Checks that the caller may send for a product, by its name in UTF-8.
   *
   * @throws Refusal `PERMISSION_DENIED`, of the batch alone.
   */
  checkProduct(productName: Uint8Array): void {
    if (this.#products === undefined) return;
    const product = Buffer.from(productName.buffer, productName.byteOffset, productName.byteLength).toString();
    if (this.#products.has(product)) return;
    throw new Refusal({
      reason: ErrorReason.PERMISSION_DENIED,
      field: 'core.product.name',
      message: `The key ${this.keyId} is not for the product ${JSON.stringify(product)}. Use a key that is, or have one made.`,
    });
  }

  /** Calls back once when the caller would no longer be let in. Returns how to stop listening. */
  onEnd(listener: () => void): () => void {
    const stop = this.#keys.onChange(() => {
      if (this.isInForce) return;
      stop();
      listener();
    });
    // Between the moment when it was let in and this one.
    if (!this.isInForce) listener();
    return stop;
  }

  /** What is said to a caller that is no longer let in. */
  static ended(): Refusal {
    const message = 'The key was revoked, or keys are asked for since. Ask the operator for one.';
    return new Refusal({ reason: ErrorReason.UNAUTHENTICATED, field: '', message });
  }
}

/** A caller where nobody is asked for a key. */
export const anyCaller = new Caller(noAccessKeys, undefined);
