import type { ColumnMemory } from './column-memory.ts';
import type { ColumnPlan } from './column-plan.ts';
import { type ColumnType, isWhole } from './column-type.ts';
import type { PlannedColumn, PlannedOutput } from './planned.ts';

/** Bytes of a number that may have any value. */
const FULL_WIDTH = 8;
/**
 * `SerializationLowCardinality` of ClickHouse: the version of its keys; and, with the type of the numbers in the lower bits, that the keys follow and are
 * those of this block alone.
 */
const KEYS_VERSION = 1;
const KEYS_FOLLOW = 0x600;
/** By width of the numbers. */
const INDEX_TYPES = new Map([
  [1, 0],
  [2, 1],
  [4, 2],
  [8, 3],
]);

/**
 * The rows in a memory as a block of ClickHouse's format Native: of each column its name, its type and all its values. Numbers go in the smallest type that
 * holds all of them, which the engine widens. In pieces that are views of the memory, as a rule. After this only `clear` may follow.
 */
export function nativeBlock(plan: ColumnPlan, memory: ColumnMemory): readonly Uint8Array[] {
  memory.functions.finish();
  const pieces: Uint8Array[] = [varints(plan.outputs.length, memory.rowsOf(plan.root.table))];
  for (const output of plan.outputs) appendColumn(pieces, output, memory);
  return pieces;
}

function appendColumn(pieces: Uint8Array[], output: PlannedOutput, memory: ColumnMemory): void {
  const { offsets, values, type } = output;
  const [first] = values as [PlannedColumn];
  const numbers = first.kind === 'number' && type.kind !== 'map' ? memory.numbersOf(first) : undefined;
  pieces.push(text(output.name), text(typeText(type, numbers?.width)));
  if (first.kind === 'word') pieces.push(uint64s(KEYS_VERSION));
  for (const column of offsets) pieces.push(memory.numbersOf(column).bytes);
  for (const column of values) {
    if (column.kind === 'word') appendWords(pieces, column, memory);
    else pieces.push(column.kind === 'text' ? memory.textsOf(column) : memory.numbersOf(column).bytes);
  }
}

function appendWords(pieces: Uint8Array[], column: PlannedColumn, memory: ColumnMemory): void {
  const rows = memory.rowsOf(column.table);
  if (rows === 0) return;
  const { count, texts } = memory.wordsOf(column.wordsOf ?? column);
  const { width, bytes } = memory.numbersOf(column);
  pieces.push(uint64s(KEYS_FOLLOW | (INDEX_TYPES.get(width) as number), count), texts, uint64s(rows), bytes);
}

/** The type of what is sent: of whole numbers the one of their width, which says whether they are signed when it is the full one. */
function typeText(type: ColumnType, width = FULL_WIDTH): string {
  if (type.kind === 'array') return `Array(${typeText(type.of, width)})`;
  if (type.kind === 'map') return `Map(${type.key}, ${type.value})`;
  if (!isWhole(type.leaf)) return type.leaf;
  return width === FULL_WIDTH && type.leaf.startsWith('Int') ? 'Int64' : `UInt${8 * width}`;
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([varints(bytes.length), bytes]);
}

function varints(...values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

function uint64s(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  return bytes;
}
