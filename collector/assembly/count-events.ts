import {
  CHILD_PARENT,
  CHILD_TABLE,
  COLUMN_BASE,
  COUNTS_EVENT_FEATURE,
  COUNTS_EVENT_GROUPS,
  COUNTS_EVENT_NAME,
  COUNTS_EVENT_TIER,
  COUNTS_EVENT_TIME,
  COUNTS_EVENT_USE_COUNT,
  COUNTS_FEATURE_GROUPS,
  GROUP_SLOT_BATCH,
  GROUP_SLOT_DAY,
  GROUP_SLOT_ROW,
  GROUP_SLOT_SIZE_BYTES,
  GROUP_SLOT_TIER,
  GROUP_SLOT_WORD,
  GROUP_SLOTS,
  GROUPS_CHILD,
  GROUPS_DAY,
  GROUPS_EVENTS,
  GROUPS_SLOTS,
  GROUPS_THIRD,
  GROUPS_WORD,
  SHIFT_MAX,
  TABLE_ROWS,
} from '../src/columns/column-layout';
import { beginRow, noteRuns, numberOf, setNumber } from './column-rows';

const US_PER_DAY: u64 = 86_400_000_000;
let countsAt: u32 = 0;
/** Tells the groups of a batch from those of the batches before. */
let batch: u32 = 0;
/** The day that the last event was of. */
let day: u64 = 0;
let dayStart: u64 = 0;

export function useCounts(counts: u32): void {
  countsAt = counts;
}

/** Begins the groups of another batch. */
export function beginCounts(): void {
  batch++;
}

/** Counts the event in a row. */
export function countEvent(row: u32): void {
  findDay(<i64>numberOf(load<u32>(countsAt, COUNTS_EVENT_TIME), row));
  const name = <u32>numberOf(load<u32>(countsAt, COUNTS_EVENT_NAME), row);
  const tier = numberOf(load<u32>(countsAt, COUNTS_EVENT_TIER), row);
  add(countsAt + COUNTS_EVENT_GROUPS, groupOf(countsAt + COUNTS_EVENT_GROUPS, name, true, tier), GROUPS_EVENTS, 1);
  const feature = <u32>numberOf(load<u32>(countsAt, COUNTS_EVENT_FEATURE), row);
  if (feature === 0) return;
  const groups = countsAt + COUNTS_FEATURE_GROUPS;
  const group = groupOf(groups, feature, false, 0);
  // The protocol has 32 bits of it, and one that is not set counts as 1.
  const uses = max<u32>(<u32>numberOf(load<u32>(countsAt, COUNTS_EVENT_USE_COUNT), row), 1);
  add(groups, group, GROUPS_THIRD, uses);
  add(groups, group, GROUPS_EVENTS, 1);
}

/** Times before 1970 are of its first day, as in the views. */
function findDay(timeUs: i64): void {
  const time = <u64>max<i64>(timeUs, 0);
  if (time - dayStart < US_PER_DAY) return;
  day = time / US_PER_DAY;
  dayStart = day * US_PER_DAY;
}

/** The row of a group, which is begun if it is not the last one of its word: its parts are added up later all the same. */
function groupOf(groups: u32, word: u32, hasTier: bool, tier: u64): u32 {
  const slot = load<u32>(groups, GROUPS_SLOTS) + (word & (GROUP_SLOTS - 1)) * GROUP_SLOT_SIZE_BYTES;
  if (
    load<u32>(slot, GROUP_SLOT_BATCH) === batch &&
    load<u32>(slot, GROUP_SLOT_WORD) === word &&
    load<u64>(slot, GROUP_SLOT_DAY) === day &&
    load<u64>(slot, GROUP_SLOT_TIER) === tier
  ) {
    return load<u32>(slot, GROUP_SLOT_ROW);
  }
  const row = beginGroup(groups, word, hasTier, tier);
  store<u32>(slot, batch, GROUP_SLOT_BATCH);
  store<u32>(slot, word, GROUP_SLOT_WORD);
  store<u32>(slot, row, GROUP_SLOT_ROW);
  store<u64>(slot, day, GROUP_SLOT_DAY);
  store<u64>(slot, tier, GROUP_SLOT_TIER);
  return row;
}

function beginGroup(groups: u32, word: u32, hasTier: bool, tier: u64): u32 {
  const child = load<u32>(groups, GROUPS_CHILD);
  const table = load<u32>(child, CHILD_TABLE);
  noteRuns(child, load<u32>(load<u32>(child, CHILD_PARENT), TABLE_ROWS) - 1);
  const row = beginRow(table);
  setNumber(load<u32>(groups, GROUPS_WORD), row, word);
  setNumber(load<u32>(groups, GROUPS_DAY), row, day);
  if (hasTier) setNumber(load<u32>(groups, GROUPS_THIRD), row, tier);
  return row;
}

/** Adds to the number of a group, in a column of eight bytes. */
function add(groups: u32, row: u32, columnAt: u32, addend: u64): void {
  const at = load<u32>(load<u32>(groups + columnAt), COLUMN_BASE) + (row << SHIFT_MAX);
  store<u64>(at, load<u64>(at) + addend);
}
