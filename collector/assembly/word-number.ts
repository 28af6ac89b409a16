import {
  COLUMN_BASE,
  COLUMN_USED_SIZE_BYTES,
  DICTIONARY_ENTRIES,
  DICTIONARY_ENTRY_CAPACITY,
  DICTIONARY_ENTRY_COUNT,
  DICTIONARY_SHORT_SLOTS,
  DICTIONARY_SLOT_COUNT,
  DICTIONARY_SLOTS,
  DICTIONARY_TEXTS,
  ENTRY_SIZE_BYTES,
  SHORT_SLOT_FIRST,
  SHORT_SLOT_LAST,
  SHORT_SLOT_NUMBER,
  SHORT_SLOT_SIZE_BYTES,
  SHORT_SLOT_WORD_SIZE_BYTES,
  SHORT_SLOTS_SIZE_BYTES,
  SLOT_SIZE_BYTES,
} from '../src/columns/column-layout';
import { appendText } from './append-text';
import { allocate } from './grow-columns';

const SLOTS_MIN: u32 = 64;
const ENTRIES_MIN: u32 = 64;
/** Odd, with its bits spread: the fraction of the golden ratio in 64 bits. */
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
/**
 * So many slots are looked at for a word; the table is half full at most. One that is not among them is taken as new, and the engine makes one of both: so words
 * that were made to share a slot cost no more than others.
 */
const PROBES_MAX: u32 = 24;

/** The number of a word in a dictionary. The empty one has 0. Reads up to seven bytes behind the word. */
export function wordNumber(dictionary: u32, start: u32, sizeBytes: u32): u32 {
  if (sizeBytes === 0) return 0;
  if (sizeBytes > 16) return findWord(dictionary, start, sizeBytes);
  // Its first and its last eight bytes, which may overlap, are all of it.
  let first = load<u64>(start);
  let last: u64 = 0;
  if (sizeBytes < 8) first &= lowerBytes(sizeBytes);
  else last = load<u64>(start + sizeBytes - 8);
  const hash = (first ^ rotl(last, 29)) * MULTIPLIER;
  const slot = load<u32>(dictionary, DICTIONARY_SHORT_SLOTS) + <u32>(hash >> 57) * SHORT_SLOT_SIZE_BYTES;
  const known = load<u32>(slot, SHORT_SLOT_NUMBER);
  if (
    load<u64>(slot, SHORT_SLOT_FIRST) === first &&
    load<u64>(slot, SHORT_SLOT_LAST) === last &&
    load<u32>(slot, SHORT_SLOT_WORD_SIZE_BYTES) === sizeBytes &&
    known !== 0
  ) {
    return known - 1;
  }
  const number = findWord(dictionary, start, sizeBytes);
  store<u64>(slot, first, SHORT_SLOT_FIRST);
  store<u64>(slot, last, SHORT_SLOT_LAST);
  store<u32>(slot, sizeBytes, SHORT_SLOT_WORD_SIZE_BYTES);
  store<u32>(slot, number + 1, SHORT_SLOT_NUMBER);
  return number;
}

function findWord(dictionary: u32, start: u32, sizeBytes: u32): u32 {
  const slotCount = load<u32>(dictionary, DICTIONARY_SLOT_COUNT);
  if (slotCount === 0) {
    growSlots(dictionary);
    return findWord(dictionary, start, sizeBytes);
  }
  const hash = hashOf(start, sizeBytes);
  const slots = load<u32>(dictionary, DICTIONARY_SLOTS);
  const mask = slotCount - 1;
  let at = hash & mask;
  for (let probe: u32 = 0; probe < PROBES_MAX; probe++) {
    const slot = slots + at * SLOT_SIZE_BYTES;
    const number = load<u32>(slot, 4);
    if (number === 0) {
      const added = addWord(dictionary, start, sizeBytes);
      store<u32>(slot, hash);
      store<u32>(slot, added + 1, 4);
      if (added * 2 >= slotCount) growSlots(dictionary);
      return added;
    }
    if (load<u32>(slot) === hash && isWord(dictionary, number - 1, start, sizeBytes)) return number - 1;
    at = (at + 1) & mask;
  }
  return addWord(dictionary, start, sizeBytes);
}

/** Forgets all words but the empty one. */
export function clearWords(dictionary: u32): void {
  memory.fill(
    load<u32>(dictionary, DICTIONARY_SLOTS),
    0,
    load<u32>(dictionary, DICTIONARY_SLOT_COUNT) * SLOT_SIZE_BYTES,
  );
  memory.fill(load<u32>(dictionary, DICTIONARY_SHORT_SLOTS), 0, SHORT_SLOTS_SIZE_BYTES);
  store<u32>(dictionary, 0, DICTIONARY_ENTRY_COUNT);
  store<u32>(load<u32>(dictionary, DICTIONARY_TEXTS), 0, COLUMN_USED_SIZE_BYTES);
  addWord(dictionary, 0, 0);
}

function addWord(dictionary: u32, start: u32, sizeBytes: u32): u32 {
  const number = load<u32>(dictionary, DICTIONARY_ENTRY_COUNT);
  if (number === load<u32>(dictionary, DICTIONARY_ENTRY_CAPACITY)) growEntries(dictionary);
  const entry = load<u32>(dictionary, DICTIONARY_ENTRIES) + number * ENTRY_SIZE_BYTES;
  store<u32>(entry, appendText(load<u32>(dictionary, DICTIONARY_TEXTS), start, sizeBytes));
  store<u32>(entry, sizeBytes, 4);
  store<u32>(dictionary, number + 1, DICTIONARY_ENTRY_COUNT);
  return number;
}

function isWord(dictionary: u32, number: u32, start: u32, sizeBytes: u32): bool {
  const entry = load<u32>(dictionary, DICTIONARY_ENTRIES) + number * ENTRY_SIZE_BYTES;
  if (load<u32>(entry, 4) !== sizeBytes) return false;
  const known = load<u32>(load<u32>(dictionary, DICTIONARY_TEXTS), COLUMN_BASE) + load<u32>(entry);
  let at: u32 = 0;
  for (; at + 8 <= sizeBytes; at += 8) {
    if (load<u64>(known + at) !== load<u64>(start + at)) return false;
  }
  return at === sizeBytes || ((load<u64>(known + at) ^ load<u64>(start + at)) & lowerBytes(sizeBytes - at)) === 0;
}

function hashOf(start: u32, sizeBytes: u32): u32 {
  let hash = (<u64>sizeBytes + 1) * MULTIPLIER;
  let at: u32 = 0;
  for (; at + 8 <= sizeBytes; at += 8) hash = mix(hash ^ load<u64>(start + at));
  if (at < sizeBytes) hash = mix(hash ^ (load<u64>(start + at) & lowerBytes(sizeBytes - at)));
  return <u32>hash;
}

function mix(bits: u64): u64 {
  const product = (bits ^ (bits >> 32)) * MULTIPLIER;
  return product ^ (product >> 29);
}

/** Of eight bytes the first one to seven. */
function lowerBytes(count: u32): u64 {
  return ((<u64>1) << ((<u64>count) << 3)) - 1;
}

function growSlots(dictionary: u32): void {
  const old = load<u32>(dictionary, DICTIONARY_SLOTS);
  const oldCount = load<u32>(dictionary, DICTIONARY_SLOT_COUNT);
  const count = max(SLOTS_MIN, oldCount * 4);
  const slots = allocate(count * SLOT_SIZE_BYTES);
  const mask = count - 1;
  for (let index: u32 = 0; index < oldCount; index++) {
    const from = old + index * SLOT_SIZE_BYTES;
    if (load<u32>(from, 4) === 0) continue;
    let at = load<u32>(from) & mask;
    while (load<u32>(slots + at * SLOT_SIZE_BYTES, 4) !== 0) at = (at + 1) & mask;
    store<u64>(slots + at * SLOT_SIZE_BYTES, load<u64>(from));
  }
  store<u32>(dictionary, slots, DICTIONARY_SLOTS);
  store<u32>(dictionary, count, DICTIONARY_SLOT_COUNT);
}

function growEntries(dictionary: u32): void {
  const count = load<u32>(dictionary, DICTIONARY_ENTRY_COUNT);
  const capacity = max(ENTRIES_MIN, count * 2);
  const entries = allocate(capacity * ENTRY_SIZE_BYTES);
  memory.copy(entries, load<u32>(dictionary, DICTIONARY_ENTRIES), count * ENTRY_SIZE_BYTES);
  store<u32>(dictionary, entries, DICTIONARY_ENTRIES);
  store<u32>(dictionary, capacity, DICTIONARY_ENTRY_CAPACITY);
}
