import {
  COLUMN_BASE,
  COLUMN_DICTIONARY,
  COLUMN_NUMBER_MAX,
  COLUMN_SHIFT,
  INNER_CHILD,
  INNER_KIND,
  INNER_KIND_COLUMN,
  INNER_NODE,
  NODE_RULES,
  NODE_TABLE,
  NODE_TAGS,
  OPERATION_EVENT,
  OPERATION_FIXED64,
  OPERATION_MESSAGE,
  OPERATION_SKIP,
  OPERATION_TEXT,
  OPERATION_VARINT,
  OPERATION_WORD,
  RULE_SIZE_BYTES,
  TABLE_ROWS,
} from '../src/columns/column-layout';
import { beginRow, noteRuns, setNumber, setText } from './column-rows';
import { countEvent } from './count-events';
import { widen } from './grow-columns';
import { longVarint, readLongVarint } from './read-long-varint';
import { wordNumber } from './word-number';

const WIRE_VARINT: u32 = 0;
const WIRE_FIXED64: u32 = 1;
const WIRE_LENGTH_DELIMITED: u32 = 2;
const WIRE_FIXED32: u32 = 5;

/**
 * Puts the fields of a message into the row that was begun in its table.
 *
 * @returns false when the bytes are no such message
 */
export function encodeMessage(node: u32, start: u32, end: u32): bool {
  const rules = load<u32>(node, NODE_RULES);
  const tags = load<u32>(node, NODE_TAGS);
  const row = load<u32>(load<u32>(node, NODE_TABLE), TABLE_ROWS) - 1;
  let position = start;
  while (position < end) {
    let tag: u32 = load<u8>(position);
    if (tag < 0x80) position++;
    else {
      position = readLongVarint(position, end);
      if (position === 0 || longVarint > u32.MAX_VALUE) return false;
      tag = <u32>longVarint;
    }
    const rule = tag < tags ? load<u32>(rules + tag * RULE_SIZE_BYTES) : 0;
    const operation: u32 = rule === 0 ? OPERATION_SKIP : load<u8>(rule);
    if (operation === OPERATION_VARINT) {
      let value: u64 = position < end ? load<u8>(position) : 0x80;
      if (value < 0x80) position++;
      else {
        position = readLongVarint(position, end);
        if (position === 0) return false;
        value = longVarint;
      }
      // As `setNumber`, without a call: most fields come here.
      if (value > load<u64>(rule, COLUMN_NUMBER_MAX)) widen(rule, value);
      store<u64>(load<u32>(rule, COLUMN_BASE) + (row << load<u32>(rule, COLUMN_SHIFT)), value);
    } else if (operation >= <u32>OPERATION_WORD) {
      let sizeBytes: u32 = position < end ? load<u8>(position) : 0x80;
      if (sizeBytes < 0x80) position++;
      else {
        position = readLongVarint(position, end);
        if (position === 0 || longVarint > end) return false;
        sizeBytes = <u32>longVarint;
      }
      if (sizeBytes > end - position) return false;
      if (operation === OPERATION_WORD) {
        const word = wordNumber(load<u32>(rule, COLUMN_DICTIONARY), position, sizeBytes);
        if (word > load<u64>(rule, COLUMN_NUMBER_MAX)) widen(rule, word);
        store<u64>(load<u32>(rule, COLUMN_BASE) + (row << load<u32>(rule, COLUMN_SHIFT)), word);
      } else if (!encodeValue(rule, operation, row, position, sizeBytes)) return false;
      position += sizeBytes;
    } else if (operation === OPERATION_FIXED64) {
      if (end - position < 8) return false;
      setNumber(rule, row, load<u64>(position));
      position += 8;
    } else {
      position = operation === OPERATION_SKIP ? skipValue(tag & 7, position, end) : 0;
      if (position === 0) return false;
    }
  }
  return true;
}

/** Where the value of a field ends that nothing is done with; 0 where it is none. */
function skipValue(wireType: u32, position: u32, end: u32): u32 {
  if (wireType === WIRE_VARINT) return readLongVarint(position, end);
  if (wireType === WIRE_FIXED64) return end - position < 8 ? 0 : position + 8;
  if (wireType === WIRE_FIXED32) return end - position < 4 ? 0 : position + 4;
  if (wireType !== WIRE_LENGTH_DELIMITED) return 0;
  const start = readLongVarint(position, end);
  return start === 0 || longVarint > end - start ? 0 : start + <u32>longVarint;
}

/** Puts what has a size into the row, by a rule: a column of texts, or a message inside of this one. */
function encodeValue(rule: u32, operation: u32, row: u32, start: u32, sizeBytes: u32): bool {
  if (operation === OPERATION_TEXT) return setText(rule, row, start, sizeBytes);
  const node = load<u32>(rule, INNER_NODE);
  if (operation === OPERATION_MESSAGE) {
    const kind = load<u8>(rule, INNER_KIND);
    if (kind !== 0) setNumber(load<u32>(rule, INNER_KIND_COLUMN), row, kind);
    return encodeMessage(node, start, start + sizeBytes);
  }
  noteRuns(load<u32>(rule, INNER_CHILD), row);
  const inner = beginRow(load<u32>(node, NODE_TABLE));
  if (!encodeMessage(node, start, start + sizeBytes)) return false;
  if (operation === OPERATION_EVENT) countEvent(inner);
  return true;
}
