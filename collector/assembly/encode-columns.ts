import { DICTIONARY_SIZE_BYTES, NODE_TABLE, TABLE_SIZE_BYTES } from '../src/columns/column-layout';
import { beginRow, clearRows, noteAll } from './column-rows';
import { beginCounts, useCounts } from './count-events';
import { encodeMessage } from './encode-message';
import { useMemoryFrom } from './grow-columns';
import { longVarint, readLongVarint } from './read-long-varint';
import { clearWords } from './word-number';

let rootAt: u32 = 0;
let tablesAt: u32 = 0;
let tablesEnd: u32 = 0;
let dictionariesAt: u32 = 0;
let dictionariesEnd: u32 = 0;

/** Where the root of the schema, all tables, all dictionaries and what is counted lie, and from where on memory is free. */
export function begin(
  root: u32,
  tables: u32,
  tableCount: u32,
  dictionaries: u32,
  dictionaryCount: u32,
  counts: u32,
  free: u32,
): void {
  rootAt = root;
  tablesAt = tables;
  tablesEnd = tables + tableCount * TABLE_SIZE_BYTES;
  dictionariesAt = dictionaries;
  dictionariesEnd = dictionaries + dictionaryCount * DICTIONARY_SIZE_BYTES;
  useCounts(counts);
  useMemoryFrom(free);
  clear();
}

/** Takes all rows out. */
export function clear(): void {
  for (let table = tablesAt; table < tablesEnd; table += TABLE_SIZE_BYTES) clearRows(table);
  for (let at = dictionariesAt; at < dictionariesEnd; at += DICTIONARY_SIZE_BYTES) clearWords(at);
}

/**
 * Adds length-delimited messages, one row of the root's table each.
 *
 * @returns false when the bytes are no such messages; then only `clear` may follow
 */
export function add(start: u32, end: u32): bool {
  const table = load<u32>(rootAt, NODE_TABLE);
  let position = start;
  while (position < end) {
    position = readLongVarint(position, end);
    if (position === 0 || longVarint > end - position) return false;
    const messageEnd = position + <u32>longVarint;
    beginRow(table);
    beginCounts();
    if (!encodeMessage(rootAt, position, messageEnd)) return false;
    position = messageEnd;
  }
  return true;
}

/** Completes the block. Only reading and `clear` may follow. */
export function finish(): void {
  for (let table = tablesAt; table < tablesEnd; table += TABLE_SIZE_BYTES) noteAll(table);
}
