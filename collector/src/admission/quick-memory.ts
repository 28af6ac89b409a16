import type { MessageRules } from './message-rules.ts';
import {
  RANGE_SIZE_BYTES,
  RULE_BIT,
  RULE_BOUND,
  RULE_EXCLUSIVE_BITS,
  RULE_SIZE_BYTES,
  RULE_VALUE_MAX,
  STATE_EVENTS,
  STATE_FIRST_VARINT,
  STATE_RANGE,
  STATE_RANGES,
  STATE_SECOND_VARINT,
  STATE_SEQ,
  STATE_SEQ_MAX,
  STATE_TEXT_END,
  STATE_TEXT_START,
  STATE_TIME_MAX,
  STATE_TIME_MIN,
} from './quick-layout.ts';
import { buildQuickRules, type QuickRules } from './quick-rules.ts';
import { appendRange } from './sequence-ranges.ts';
import { type WasmMemory, webAssembly } from './web-assembly.ts';

const DOUBLE_SIZE_BYTES = 8;
const PAGE_SIZE_BYTES = 65_536;
/** Bytes that may be read behind the last one, and are not looked at. */
const READ_AHEAD_SIZE_BYTES = 8;
/** Ranges of numbers that are noted in one go. Most batches have one; with more, the walk goes on in another go. */
const RANGES_MAX = 1_000;
const UINT64_MAX = 2n ** 64n - 1n;

/** The memory in which `assembly/quick-walk.ts` works: its state, the rules, and room for the bytes that are walked. Of fixed size. */
export class QuickMemory {
  readonly wasm: WasmMemory;
  /** All of it. */
  readonly bytes: Uint8Array;
  readonly stateAt = 0;
  readonly rangesMax = RANGES_MAX;
  readonly rulesAt: number;
  readonly requiredBitsAt: number;
  readonly roomAt: number;
  /** Of bytes that are walked, and one more. */
  readonly room: Uint8Array;
  readonly #rules: QuickRules;
  readonly #state: Float64Array;

  /** @param sizeBytesMax of the bytes that are walked */
  constructor(messages: readonly MessageRules[], sizeBytesMax: number) {
    const rules = buildQuickRules(messages);
    const stateSizeBytes = STATE_RANGE + RANGES_MAX * RANGE_SIZE_BYTES;
    const roomSizeBytes = sizeBytesMax + 1;
    this.rulesAt = this.stateAt + stateSizeBytes;
    this.requiredBitsAt = this.rulesAt + rules.kinds.length * RULE_SIZE_BYTES;
    this.roomAt = this.requiredBitsAt + rules.requiredBits.byteLength;
    const pages = Math.ceil((this.roomAt + roomSizeBytes + READ_AHEAD_SIZE_BYTES) / PAGE_SIZE_BYTES);
    // Memory that was never written costs nothing.
    this.wasm = new webAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.wasm;
    this.bytes = Buffer.from(buffer);
    this.room = Buffer.from(buffer, this.roomAt, roomSizeBytes);
    this.#state = new Float64Array(buffer, this.stateAt, stateSizeBytes / DOUBLE_SIZE_BYTES);
    this.#rules = rules;
    const view = new DataView(buffer);
    writeRules(view, this.rulesAt, rules);
    for (const [index, bits] of rules.requiredBits.entries())
      view.setInt32(this.requiredBitsAt + index * 4, bits, true);
  }

  /** Place of the rules of a message, in tags. */
  placeOf(rules: MessageRules): number {
    return this.#rules.placeOf(rules);
  }

  setBounds(previousSeq: number, seqMax: number, timeUsMin: number, timeUsMax: number): void {
    const state = this.#state;
    state[STATE_SEQ / DOUBLE_SIZE_BYTES] = previousSeq;
    state[STATE_SEQ_MAX / DOUBLE_SIZE_BYTES] = seqMax;
    state[STATE_TIME_MIN / DOUBLE_SIZE_BYTES] = timeUsMin;
    state[STATE_TIME_MAX / DOUBLE_SIZE_BYTES] = timeUsMax;
  }

  /** Adds the ranges of numbers that the last walk of events has found. */
  appendRanges(ranges: number[]): void {
    const state = this.#state;
    const first = STATE_RANGE / DOUBLE_SIZE_BYTES;
    const end = first + 2 * this.#number(STATE_RANGES);
    for (let at = first; at < end; at += 2) appendRange(ranges, state[at] as number, state[at + 1] as number);
  }

  get eventCount(): number {
    return this.#number(STATE_EVENTS);
  }

  get lastSeq(): number {
    return this.#number(STATE_SEQ);
  }

  get firstVarint(): number {
    return this.#number(STATE_FIRST_VARINT);
  }

  get secondVarint(): number {
    return this.#number(STATE_SECOND_VARINT);
  }

  get textStart(): number {
    return this.#placeInRoom(STATE_TEXT_START);
  }

  get textEnd(): number {
    return this.#placeInRoom(STATE_TEXT_END);
  }

  #number(at: number): number {
    return this.#state[at / DOUBLE_SIZE_BYTES] as number;
  }

  /** 0 stands for none. */
  #placeInRoom(at: number): number {
    const address = this.#number(at);
    return address === 0 ? 0 : address - this.roomAt;
  }
}

function writeRules(view: DataView, rulesAt: number, rules: QuickRules): void {
  for (let index = 0; index < rules.kinds.length; index++) {
    const at = rulesAt + index * RULE_SIZE_BYTES;
    const valueMax = rules.valuesMax[index] as number;
    view.setUint8(at, rules.kinds[index] as number);
    view.setInt32(at + RULE_BIT, rules.bits[index] as number, true);
    view.setInt32(at + RULE_EXCLUSIVE_BITS, rules.exclusiveBits[index] as number, true);
    view.setInt32(at + RULE_BOUND, rules.bounds[index] as number, true);
    view.setBigUint64(at + RULE_VALUE_MAX, Number.isFinite(valueMax) ? BigInt(valueMax) : UINT64_MAX, true);
  }
}
