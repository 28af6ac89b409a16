import type { ColumnEncoder } from '../../../collector/src/columns/column-encoder.ts';

/** The bytes of the block, after which a new one begins. */
export function takeBlock(encoder: ColumnEncoder): Buffer {
  const block = Buffer.concat(encoder.block());
  encoder.clear();
  return block;
}
