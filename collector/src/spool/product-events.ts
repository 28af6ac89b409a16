/** How many events of a product one or several records hold. */
export interface ProductEvents {
  readonly eventCount: number;
  /** UTF-8; undefined in records of an earlier version. */
  readonly productName: Uint8Array | undefined;
}
