/**
 * What went wrong with the warehouse process itself, as opposed to with one query (see `ClickHouseException`).
 *
 * - `data-dir-locked`: another process owns the data directory.
 * - `data-dir-unusable`: the data directory cannot be created, read or written, or its path cannot be used.
 * - `address-in-use`, `address-unusable`: the address cannot be listened on.
 * - `address-not-loopback`: the address would serve an unprotected database to other machines.
 * - `access-unusable`: the files of keys or certificates cannot be used.
 * - `engine-failed`: the database engine could not be opened on this directory.
 */
export type WarehouseErrorKind =
  | 'data-dir-locked'
  | 'data-dir-unusable'
  | 'address-in-use'
  | 'address-unusable'
  | 'address-not-loopback'
  | 'access-unusable'
  | 'engine-failed';

/** The one error `startWarehouse` throws. Its message names the thing at fault and says what to do about it. */
export class WarehouseError extends Error {
  override readonly name = 'WarehouseError';
  readonly kind: WarehouseErrorKind;

  constructor(kind: WarehouseErrorKind, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
