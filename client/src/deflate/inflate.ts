import { distanceTable, endOfBlock, lengthCodeOrder, lengthTable } from './tables.ts';

/** How a tree is read bit by bit: how many codes have each length, and their symbols in order. */
interface Tree {
  readonly counts: Uint16Array;
  readonly symbols: readonly number[];
}

/** The lengths of the codes where a block has none of its own. */
const fixedTrees: readonly [literals: Tree, distances: Tree] = [
  treeOf(Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8))),
  treeOf(Array.from({ length: 30 }, () => 5)),
];

/**
 * Decompresses as of RFC 1951. For the few batches that have to be cut after they were sealed, so it is small rather than fast.
 *
 * @param sizeBytes what comes out.
 * @throws Error when the bytes are not compressed so.
 */
export function inflate(input: Uint8Array, sizeBytes: number): Uint8Array {
  const reader = new BitReader(input);
  const output = new Uint8Array(sizeBytes);
  let length = 0;
  for (let isLast = false; !isLast; ) {
    isLast = reader.bits(1) === 1;
    const type = reader.bits(2);
    if (type === 0) {
      const stored = reader.stored();
      if (stored.length > sizeBytes - length) throw invalid();
      output.set(stored, length);
      length += stored.length;
    } else {
      if (type === 3) throw invalid();
      length = inflateBlock(reader, type === 1 ? fixedTrees : readTrees(reader), output, length);
    }
  }
  if (length !== sizeBytes) throw invalid();
  return output;
}

/** Returns where the next block begins. */
function inflateBlock(
  reader: BitReader,
  [literals, distances]: readonly [Tree, Tree],
  output: Uint8Array,
  start: number,
): number {
  let length = start;
  for (let symbol = reader.symbol(literals); symbol !== endOfBlock; symbol = reader.symbol(literals)) {
    if (symbol < endOfBlock) {
      output[length++] = symbol;
    } else {
      const code = symbol - endOfBlock - 1;
      const end = length + (lengthTable.bases[code] ?? 0) + reader.bits(lengthTable.extraBits[code] ?? 0);
      const distanceCode = reader.symbol(distances);
      const extra = reader.bits(distanceTable.extraBits[distanceCode] ?? 0);
      const distance = (distanceTable.bases[distanceCode] ?? 0) + extra;
      if (distance > length) throw invalid();
      for (; length < end; length++) output[length] = output[length - distance] ?? 0;
    }
    if (length > output.length) throw invalid();
  }
  return length;
}

function readTrees(reader: BitReader): [Tree, Tree] {
  const literalCount = reader.bits(5) + 257;
  const distanceCount = reader.bits(5) + 1;
  const orderCount = reader.bits(4) + 4;
  const orderLengths: number[] = Array.from({ length: 19 }, () => 0);
  for (const code of lengthCodeOrder.slice(0, orderCount)) orderLengths[code] = reader.bits(3);
  const tree = treeOf(orderLengths);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = reader.symbol(tree);
    if (symbol < 16) {
      lengths.push(symbol);
    } else {
      const value = symbol === 16 ? (lengths.at(-1) ?? 0) : 0;
      const count = symbol === 16 ? 3 + reader.bits(2) : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
      lengths.push(...Array.from({ length: count }, () => value));
    }
  }
  return [treeOf(lengths.slice(0, literalCount)), treeOf(lengths.slice(literalCount))];
}

function treeOf(lengths: readonly number[]): Tree {
  const counts = new Uint16Array(16);
  for (const length of lengths) {
    if (length > 0) counts[length] = (counts[length] ?? 0) + 1;
  }
  const symbols = [...lengths.keys()].filter((symbol) => lengths[symbol] !== 0);
  symbols.sort((left, right) => (lengths[left] ?? 0) - (lengths[right] ?? 0) || left - right);
  return { counts, symbols };
}

/** Reads bits, the lowest of each byte first. */
class BitReader {
  readonly #input: Uint8Array;
  /** In bits. */
  #position = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#input[this.#position >> 3];
      if (byte === undefined) throw invalid();
      value |= ((byte >> (this.#position++ & 7)) & 1) << index;
    }
    return value;
  }

  symbol({ counts, symbols }: Tree): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let size = 1; size < 16; size++) {
      code |= this.bits(1);
      const count = counts[size] ?? 0;
      if (code - count < first) return symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw invalid();
  }

  /** What is not compressed: behind the next whole byte its size, and that size turned around. */
  stored(): Uint8Array {
    this.#position = (this.#position + 7) & ~7;
    const sizeBytes = this.bits(16);
    const start = (this.#position + 16) >> 3;
    if (this.bits(16) !== (sizeBytes ^ 0xffff) || start + sizeBytes > this.#input.length) throw invalid();
    this.#position = (start + sizeBytes) * 8;
    return this.#input.subarray(start, start + sizeBytes);
  }
}

function invalid(): Error {
  return new Error('the bytes are not compressed, or damaged');
}
