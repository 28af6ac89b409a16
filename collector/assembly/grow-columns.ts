import {
  COLUMN_BASE,
  COLUMN_CAPACITY_SIZE_BYTES,
  COLUMN_NUMBER_MAX,
  COLUMN_SHIFT,
  COLUMN_SIZE_BYTES,
  COLUMN_TABLE,
  COLUMN_USED_SIZE_BYTES,
  TABLE_CAPACITY,
  TABLE_NUMBER_COUNT,
  TABLE_NUMBERS,
  TABLE_ROWS,
} from '../src/columns/column-layout';

const PAGE_SIZE_BYTES: u32 = 65_536;
const ROWS_MIN: u32 = 256;
const TEXT_SIZE_BYTES_MIN: u32 = 4_096;
/** Bytes behind the end of a text or a number that may be written, and are written over by the next. */
const WRITE_AHEAD_SIZE_BYTES: u32 = 16;

/** From here on memory was never used, and is zero. */
let free: u32 = 0;

export function useMemoryFrom(start: u32): void {
  free = start;
}

/** Memory that is zero. It is never given back: what a block has needed the next one has. Traps when there is no more. */
export function allocate(sizeBytes: u32): u32 {
  const start = (free + 7) & ~7;
  const end = <u64>start + sizeBytes;
  const room = <u64>memory.size() * PAGE_SIZE_BYTES;
  if (end > room) {
    const pages = <i32>((end - room + PAGE_SIZE_BYTES - 1) / PAGE_SIZE_BYTES);
    if (memory.grow(pages) < 0) unreachable();
  }
  free = <u32>end;
  return start;
}

/** Room for twice as many rows. */
export function growTable(table: u32): void {
  const capacity = max(ROWS_MIN, load<u32>(table, TABLE_CAPACITY) * 2);
  const columns = load<u32>(table, TABLE_NUMBERS);
  const columnsEnd = columns + load<u32>(table, TABLE_NUMBER_COUNT) * COLUMN_SIZE_BYTES;
  store<u32>(table, capacity, TABLE_CAPACITY);
  for (let column = columns; column < columnsEnd; column += COLUMN_SIZE_BYTES) {
    const shift = load<u32>(column, COLUMN_SHIFT);
    reserve(column, (capacity << shift) + WRITE_AHEAD_SIZE_BYTES, load<u32>(table, TABLE_ROWS) << shift);
  }
}

/** Sets how many bytes a number of a column has: 2 to the power of `shift`. */
export function setShift(column: u32, shift: u32): void {
  store<u32>(column, shift, COLUMN_SHIFT);
  store<u64>(column, u64.MAX_VALUE >> (64 - (8 << (<u64>shift))), COLUMN_NUMBER_MAX);
}

/** More bytes for each number of a column, so many that it has room for one. */
export function widen(column: u32, value: u64): void {
  const from = load<u32>(column, COLUMN_SHIFT);
  const numberMax = load<u64>(column, COLUMN_NUMBER_MAX);
  const to: u32 = value > u32.MAX_VALUE ? 3 : value > u16.MAX_VALUE ? 2 : 1;
  const table = load<u32>(column, COLUMN_TABLE);
  const rows = load<u32>(table, TABLE_ROWS);
  reserve(column, (load<u32>(table, TABLE_CAPACITY) << to) + WRITE_AHEAD_SIZE_BYTES, rows << from);
  const base = load<u32>(column, COLUMN_BASE);
  setShift(column, to);
  // From the last one on, since they move behind themselves.
  for (let row = rows; row-- > 0; ) {
    const number = load<u64>(base + (row << from)) & numberMax;
    if (to === 3) store<u64>(base + (row << 3), number);
    else if (to === 2) store<u32>(base + (row << 2), <u32>number);
    else store<u16>(base + (row << 1), <u16>number);
  }
}

/** Room for `sizeBytes` more in a column of texts, and a little beyond. */
export function reserveText(column: u32, sizeBytes: u32): void {
  const used = load<u32>(column, COLUMN_USED_SIZE_BYTES);
  const needed = used + sizeBytes + WRITE_AHEAD_SIZE_BYTES;
  const capacity = load<u32>(column, COLUMN_CAPACITY_SIZE_BYTES);
  if (needed > capacity) reserve(column, max(max(needed, capacity * 2), TEXT_SIZE_BYTES_MIN), used);
}

/** Makes room for `sizeBytes` in all, of which the first `usedSizeBytes` are kept. */
function reserve(column: u32, sizeBytes: u32, usedSizeBytes: u32): void {
  if (sizeBytes <= load<u32>(column, COLUMN_CAPACITY_SIZE_BYTES)) return;
  const base = allocate(sizeBytes);
  memory.copy(base, load<u32>(column, COLUMN_BASE), usedSizeBytes);
  store<u32>(column, base, COLUMN_BASE);
  store<u32>(column, sizeBytes, COLUMN_CAPACITY_SIZE_BYTES);
}
