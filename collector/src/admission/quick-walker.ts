import { isUtf8 } from 'node:buffer';
import type { MessageRules } from './message-rules.ts';
import { QuickMemory } from './quick-memory.ts';
import { quickWalkModule } from './quick-walk-module.ts';
import { webAssembly } from './web-assembly.ts';

/** What `assembly/quick-walk.ts` exports. */
interface QuickWalk {
  begin(rulesAt: number, requiredBitsAt: number, stateAt: number): void;
  walkMessage(place: number, start: number, end: number, entriesMax: number): number;
  walkEvents(
    place: number,
    start: number,
    end: number,
    entriesMax: number,
    eventsMax: number,
    rangesMax: number,
  ): number;
}

/**
 * Says yes to a message in which nothing is wrong and nothing is unusual. What it does not say yes to, `MessageWalker` judges: it may still
 * be right, as a message with fields of a later version is. Nearly all messages are usual. Made from `collector/assembly` as WebAssembly, it reads
 * eight bytes at a time: an event takes 97 ns of the walk, and 265 where JavaScript goes by the same tables.
 */
export class QuickWalker {
  readonly #memory: QuickMemory;
  readonly #wasm: QuickWalk;

  /**
   * @param messages those that will be walked
   * @param sizeBytesMax of the bytes that they lie in
   */
  constructor(messages: readonly MessageRules[], sizeBytesMax: number) {
    const memory = new QuickMemory(messages, sizeBytesMax);
    const host = { isUtf8: (start: number, end: number) => isUtf8(memory.bytes.subarray(start, end)) };
    const { exports } = new webAssembly.Instance(quickWalkModule, {
      env: { memory: memory.wasm },
      'is-text': host,
    });
    this.#memory = memory;
    this.#wasm = exports as QuickWalk;
    this.#wasm.begin(memory.rulesAt, memory.requiredBitsAt, memory.stateAt);
  }

  /** By which a message is known here. */
  placeOf(rules: MessageRules): number {
    return this.#memory.placeOf(rules);
  }

  /** Where bytes that are to be walked may be put, to be walked without a copy: one more than may be walked. */
  get room(): Uint8Array {
    return this.#memory.room;
  }

  /** Begins with other bytes. Returns where they are from then on: in the room, copied unless they lay there. */
  take(bytes: Uint8Array): Uint8Array {
    const { room } = this.#memory;
    if (bytes.buffer === room.buffer && bytes.byteOffset === room.byteOffset) return bytes;
    room.set(bytes);
    return room.subarray(0, bytes.length);
  }

  /** Whether the message from `start` up to `end` keeps all rules, with no more than so many map entries. */
  walk(place: number, start: number, end: number, entriesMax: number): boolean {
    const { roomAt } = this.#memory;
    return this.#wasm.walkMessage(place, roomAt + start, roomAt + end, entriesMax) !== 0;
  }

  /** What events must keep to that is no rule of their message: the number before them, the largest one, and times in microseconds since 1970. */
  setBounds(previousSeq: number, seqMax: number, timeUsMin: number, timeUsMax: number): void {
    this.#memory.setBounds(previousSeq, seqMax, timeUsMin, timeUsMax);
  }

  /**
   * Walks events, with tag and length, one after the other, as long as all is usual and within bounds.
   *
   * @param eventsMax how many at most
   * @returns where it stopped
   */
  walkEvents(place: number, start: number, end: number, entriesMax: number, eventsMax: number): number {
    const { roomAt, rangesMax } = this.#memory;
    return this.#wasm.walkEvents(place, roomAt + start, roomAt + end, entriesMax, eventsMax, rangesMax) - roomAt;
  }

  /** How many events were walked last. */
  get eventCount(): number {
    return this.#memory.eventCount;
  }

  /** Number of the last of them; the one before them where there were none. */
  get lastSeq(): number {
    return this.#memory.lastSeq;
  }

  /** Adds the ranges of their numbers. */
  appendRanges(ranges: number[]): void {
    this.#memory.appendRanges(ranges);
  }

  /** Of the last message that was told yes, within bounds or not: value of field 1, when it is a varint. */
  get firstVarint(): number {
    return this.#memory.firstVarint;
  }

  /** Value of its field 2. */
  get secondVarint(): number {
    return this.#memory.secondVarint;
  }

  /** Where the text in its field 3 lies; both 0 when it has none. */
  get thirdTextStart(): number {
    return this.#memory.textStart;
  }

  get thirdTextEnd(): number {
    return this.#memory.textEnd;
  }
}
