/** Events of one product that leave the spool: of a record, or of several. */
export interface StoredRecord {
  readonly eventCount: number;
  /** Undefined in records of an earlier version. */
  readonly productName: Uint8Array | undefined;
}
