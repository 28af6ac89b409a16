import {
  CHILD_OFFSETS,
  CHILD_PARENT,
  CHILD_SIZE_BYTES,
  CHILD_TABLE,
  COLUMN_BASE,
  COLUMN_NOTED_ROWS,
  COLUMN_NUMBER_MAX,
  COLUMN_SHIFT,
  COLUMN_SHIFT_MIN,
  COLUMN_SIZE_BYTES,
  COLUMN_USED_SIZE_BYTES,
  TABLE_CAPACITY,
  TABLE_CHILD_COUNT,
  TABLE_CHILDREN,
  TABLE_NUMBER_COUNT,
  TABLE_NUMBERS,
  TABLE_ROWS,
  TABLE_TEXT_COUNT,
  TABLE_TEXTS,
} from '../src/columns/column-layout';
import { appendText } from './append-text';
import { growTable, reserveText, setShift, widen } from './grow-columns';

/** Begins a row, and returns its number. Its numbers are 0 and its texts empty, as those of fields that do not come. */
export function beginRow(table: u32): u32 {
  const row = load<u32>(table, TABLE_ROWS);
  if (row === load<u32>(table, TABLE_CAPACITY)) growTable(table);
  store<u32>(table, row + 1, TABLE_ROWS);
  return row;
}

/** The number in a row. */
export function numberOf(column: u32, row: u32): u64 {
  const at = load<u32>(column, COLUMN_BASE) + (row << load<u32>(column, COLUMN_SHIFT));
  return load<u64>(at) & load<u64>(column, COLUMN_NUMBER_MAX);
}

/**
 * Sets the number in the last row. Eight bytes are written whatever the width, without asking for it: those behind are of rows to come, and stay zero. So of a
 * row before the last it may only be used with columns of eight bytes.
 */
export function setNumber(column: u32, row: u32, value: u64): void {
  if (value > load<u64>(column, COLUMN_NUMBER_MAX)) widen(column, value);
  store<u64>(load<u32>(column, COLUMN_BASE) + (row << load<u32>(column, COLUMN_SHIFT)), value);
}

/** Sets the text in the last row. Returns false where it has one. */
export function setText(column: u32, row: u32, start: u32, sizeBytes: u32): bool {
  if (load<u32>(column, COLUMN_NOTED_ROWS) > row) return false;
  noteTexts(column, row);
  appendText(column, start, sizeBytes);
  store<u32>(column, row + 1, COLUMN_NOTED_ROWS);
  return true;
}

/** Notes of rows up to `rows` that have no text that it is empty: its size is one byte, 0. */
export function noteTexts(column: u32, rows: u32): void {
  const noted = load<u32>(column, COLUMN_NOTED_ROWS);
  if (noted >= rows) return;
  const sizeBytes = rows - noted;
  reserveText(column, sizeBytes);
  const used = load<u32>(column, COLUMN_USED_SIZE_BYTES);
  memory.fill(load<u32>(column, COLUMN_BASE) + used, 0, sizeBytes);
  store<u32>(column, used + sizeBytes, COLUMN_USED_SIZE_BYTES);
  store<u32>(column, rows, COLUMN_NOTED_ROWS);
}

/** Notes of rows up to `rows` that what the other table has so far is where their runs end. */
export function noteRuns(child: u32, rows: u32): void {
  const column = load<u32>(child, CHILD_OFFSETS);
  let noted = load<u32>(column, COLUMN_NOTED_ROWS);
  if (noted >= rows) return;
  const base = load<u32>(column, COLUMN_BASE);
  const end = <u64>load<u32>(load<u32>(child, CHILD_TABLE), TABLE_ROWS);
  for (; noted < rows; noted++) store<u64>(base + (noted << 3), end);
  store<u32>(column, rows, COLUMN_NOTED_ROWS);
}

/** Catches up with all rows of a table. */
export function noteAll(table: u32): void {
  const rows = load<u32>(table, TABLE_ROWS);
  const texts = load<u32>(table, TABLE_TEXTS);
  const textsEnd = texts + load<u32>(table, TABLE_TEXT_COUNT) * COLUMN_SIZE_BYTES;
  for (let column = texts; column < textsEnd; column += COLUMN_SIZE_BYTES) noteTexts(column, rows);
  const children = load<u32>(table, TABLE_CHILDREN);
  const childrenEnd = children + load<u32>(table, TABLE_CHILD_COUNT) * CHILD_SIZE_BYTES;
  for (let child = children; child < childrenEnd; child += CHILD_SIZE_BYTES) {
    noteRuns(child, load<u32>(load<u32>(child, CHILD_PARENT), TABLE_ROWS));
  }
}

/** Takes all rows out of a table. */
export function clearRows(table: u32): void {
  const rows = load<u32>(table, TABLE_ROWS);
  const numbers = load<u32>(table, TABLE_NUMBERS);
  const numbersEnd = numbers + load<u32>(table, TABLE_NUMBER_COUNT) * COLUMN_SIZE_BYTES;
  for (let column = numbers; column < numbersEnd; column += COLUMN_SIZE_BYTES) {
    memory.fill(load<u32>(column, COLUMN_BASE), 0, rows << load<u32>(column, COLUMN_SHIFT));
    setShift(column, load<u32>(column, COLUMN_SHIFT_MIN));
    store<u32>(column, 0, COLUMN_NOTED_ROWS);
  }
  const texts = load<u32>(table, TABLE_TEXTS);
  const textsEnd = texts + load<u32>(table, TABLE_TEXT_COUNT) * COLUMN_SIZE_BYTES;
  for (let column = texts; column < textsEnd; column += COLUMN_SIZE_BYTES) {
    store<u32>(column, 0, COLUMN_USED_SIZE_BYTES);
    store<u32>(column, 0, COLUMN_NOTED_ROWS);
  }
  store<u32>(table, 0, TABLE_ROWS);
}
