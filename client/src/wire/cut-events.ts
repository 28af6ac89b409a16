import { ByteReader } from './byte-reader.ts';
import { joinBytes } from './join-bytes.ts';
import { firstNumber } from './split-batch.ts';

/** What is left of encoded events when some are taken out. */
export interface CutEvents {
  /** The others, side by side as before. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Number of the first that is left; 0 when there is none. */
  readonly firstSeq: number;
  /** Number of the last that is left; 0 when there is none. */
  readonly lastSeq: number;
  /** Numbers of those taken out, growing; not empty. */
  readonly removed: readonly number[];
}

/**
 * Takes events out of encoded entries of `EventBatch.events`, side by side, by their names; undefined when none is to be. The others keep
 * their bytes and their order. No event is decoded.
 *
 * @throws WireError when the bytes are not such entries.
 */
export function cutEvents(eventsBytes: Uint8Array, isRemoved: (name: string) => boolean): CutEvents | undefined {
  const reader = new ByteReader(eventsBytes);
  const kept: Uint8Array[] = [];
  const removed: number[] = [];
  const keptNumbers: number[] = [];
  let keptStart = 0;
  while (!reader.done) {
    const start = reader.position;
    const tag = reader.varint();
    if (tag !== 0x1a) {
      reader.skip(tag);
      continue;
    }
    const { seq, name } = numberAndName(reader.message());
    if (isRemoved(name)) {
      kept.push(eventsBytes.subarray(keptStart, start));
      keptStart = reader.position;
      removed.push(seq);
    } else {
      keptNumbers.push(seq);
    }
  }
  if (removed.length === 0) {
    return undefined;
  }
  kept.push(eventsBytes.subarray(keptStart));
  return {
    bytes: joinBytes(kept),
    count: keptNumbers.length,
    firstSeq: keptNumbers[0] ?? 0,
    lastSeq: keptNumbers.at(-1) ?? 0,
    removed,
  };
}

/** They stand in front, in this order, as this package writes them; anywhere as others may. */
function numberAndName(event: ByteReader): { seq: number; name: string } {
  let seq = 0;
  while (!event.done) {
    const tag = event.varint();
    if (tag === 0x08) {
      seq = event.varint();
    } else if (tag === 0x1a) {
      const name = event.text();
      return { seq: seq === 0 ? firstNumber(event) : seq, name };
    } else {
      event.skip(tag);
    }
  }
  return { seq, name: '' };
}
