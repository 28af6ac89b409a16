import type { BitWriter } from './bit-writer.ts';
import { findMatches, matchUnit } from './find-matches.ts';
import { type HuffmanCodes, huffmanCodes } from './huffman.ts';
import { type CodeTable, distanceTable, endOfBlock, lengthCodeOrder, lengthTable } from './tables.ts';

/** Compresses as of RFC 1951, into one block with Huffman codes of its own: a batch is of one kind from end to end. */
export function deflate(input: Uint8Array, writer: BitWriter): void {
  const symbols = findMatches(input);
  const literalCounts = new Uint32Array(286);
  const distanceCounts = new Uint32Array(30);
  literalCounts[endOfBlock] = 1;
  for (const symbol of symbols) {
    if (symbol < matchUnit) {
      increment(literalCounts, symbol);
    } else {
      increment(literalCounts, endOfBlock + 1 + lengthCodes(Math.floor(symbol / matchUnit)));
      increment(distanceCounts, distanceCodes((symbol % matchUnit) + 1));
    }
  }
  const literals = huffmanCodes(literalCounts, 15);
  const distances = huffmanCodes(distanceCounts, 15);
  // The last block, with codes of its own.
  writer.write(0b101, 3);
  writeCodes(writer, literals, distances);
  for (const symbol of symbols) {
    if (symbol < matchUnit) {
      writeCode(writer, literals, symbol);
    } else {
      const length = Math.floor(symbol / matchUnit);
      const lengthCode = lengthCodes(length);
      writeCode(writer, literals, endOfBlock + 1 + lengthCode);
      writeExtra(writer, lengthTable, lengthCode, length);
      const distance = (symbol % matchUnit) + 1;
      const distanceCode = distanceCodes(distance);
      writeCode(writer, distances, distanceCode);
      writeExtra(writer, distanceTable, distanceCode, distance);
    }
  }
  writeCode(writer, literals, endOfBlock);
  writer.align();
}

/** Writes the lengths of all codes, themselves in codes. */
function writeCodes(writer: BitWriter, literals: HuffmanCodes, distances: HuffmanCodes): void {
  const literalCount = used(literals.lengths, 257);
  const distanceCount = used(distances.lengths, 1);
  const lengths = [...literals.lengths.subarray(0, literalCount), ...distances.lengths.subarray(0, distanceCount)];
  const runs = runsOf(lengths);
  const counts = new Uint32Array(19);
  for (const { code } of runs) {
    increment(counts, code);
  }
  const codes = huffmanCodes(counts, 7);
  const inOrder = Uint8Array.from(lengthCodeOrder, (code) => codes.lengths[code] ?? 0);
  const orderCount = used(inOrder, 4);
  writer.write(literalCount - 257, 5);
  writer.write(distanceCount - 1, 5);
  writer.write(orderCount - 4, 4);
  for (const length of inOrder.subarray(0, orderCount)) {
    writer.write(length, 3);
  }
  for (const { code, extra, extraBits } of runs) {
    writeCode(writer, codes, code);
    writer.write(extra, extraBits);
  }
}

interface Run {
  readonly code: number;
  readonly extra: number;
  readonly extraBits: number;
}

/** Lengths, and codes for those that repeat: 16 for the one before, 17 and 18 for zeros. */
function runsOf(lengths: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < lengths.length; ) {
    const length = lengths[start] ?? 0;
    let end = start + 1;
    while (lengths[end] === length) {
      end++;
    }
    let count = end - start;
    if (length !== 0) {
      runs.push({ code: length, extra: 0, extraBits: 0 });
      count--;
    }
    while (count > 0) {
      const isLong = length === 0 && count > 10;
      const taken = Math.min(count, isLong ? 138 : length === 0 ? 10 : 6);
      if (taken < 3) {
        runs.push({ code: length, extra: 0, extraBits: 0 });
        count--;
      } else {
        const code = isLong ? 18 : length === 0 ? 17 : 16;
        runs.push({ code, extra: taken - (isLong ? 11 : 3), extraBits: isLong ? 7 : length === 0 ? 3 : 2 });
        count -= taken;
      }
    }
    start = end;
  }
  return runs;
}

/** How many of the lengths have to be written: up to the last that is not 0. */
function used(lengths: Uint8Array, countMin: number): number {
  let count = lengths.length;
  while (count > countMin && lengths[count - 1] === 0) {
    count--;
  }
  return count;
}

function increment(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function writeCode(writer: BitWriter, { lengths, bits }: HuffmanCodes, symbol: number): void {
  writer.write(bits[symbol] ?? 0, lengths[symbol] ?? 0);
}

function writeExtra(writer: BitWriter, { bases, extraBits }: CodeTable, code: number, value: number): void {
  writer.write(value - (bases[code] ?? 0), extraBits[code] ?? 0);
}

const lengthCodes = codesOf(lengthTable, 258);
const distanceCodes = codesOf(distanceTable, 32_768);

/** The code of each value. */
function codesOf({ bases }: CodeTable, valueMax: number): (value: number) => number {
  const codes = new Uint8Array(valueMax + 1);
  for (const [code, base] of bases.entries()) {
    codes.fill(code, base);
  }
  return (value) => codes[value] ?? 0;
}
