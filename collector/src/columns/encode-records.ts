import { FairTurns } from '../spool/fair-turns.ts';
import type { ColumnEncoders } from './column-encoders.ts';

/**
 * Records as blocks of columns, made as they are asked for, with turns of the event loop between: a full segment takes a second.
 *
 * @param pieces some records at a time, which are valid until the next ones are asked for
 * @returns the bytes of blocks, in pieces that are valid until the next block is asked for
 * @throws ColumnError when one is no batch
 */
export async function* encodeRecords(
  encoders: ColumnEncoders,
  pieces: AsyncIterable<readonly Uint8Array[]> | Iterable<readonly Uint8Array[]>,
): AsyncGenerator<readonly Uint8Array[]> {
  const encoder = await encoders.take();
  const turns = new FairTurns();
  try {
    for await (const records of pieces) {
      for (const record of records) {
        encoder.add(record);
        if (encoder.isFull) {
          yield encoder.block();
          encoder.clear();
        }
        if (turns.isOver()) await turns.next();
      }
    }
    if (!encoder.isEmpty) yield encoder.block();
  } finally {
    encoders.giveBack(encoder);
  }
}
