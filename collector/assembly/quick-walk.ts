import {
  RANGE_SIZE_BYTES,
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
} from '../src/admission/quick-layout';
import { readTwoBytes } from './read-varint';
import { firstVarint, isUsual, secondVarint, textEnd, textStart, useRules } from './walk-message';

/** `EventBatch.events`: field 3, length-delimited. */
const TAG_EVENTS: u8 = 26;

let stateAt: u32 = 0;

/** Where rules and state lie. */
export function begin(rules: u32, requiredBits: u32, state: u32): void {
  useRules(rules, requiredBits);
  stateAt = state;
}

/** Whether the message from `start` up to `end` keeps all rules; notes what was found in it. */
export function walkMessage(place: u32, start: u32, end: u32, entriesMax: u32): bool {
  if (!isUsual(place, start, end, entriesMax)) return false;
  noteMessage();
  return true;
}

/**
 * Walks events of a batch, one after the other, for as long as nothing is wrong or unusual, no number is out of order and no time outside of the window.
 * Notes how many there were, the last number, and the ranges of numbers; stops where there is no room for another. Where it stops after `eventsMax`,
 * what was noted of a message is that of the last one.
 *
 * @returns where it stopped
 */
export function walkEvents(place: u32, start: u32, end: u32, entriesMax: u32, eventsMax: u32, rangesMax: u32): u32 {
  const seqMax = load<f64>(stateAt, STATE_SEQ_MAX);
  const timeMin = load<f64>(stateAt, STATE_TIME_MIN);
  const timeMax = load<f64>(stateAt, STATE_TIME_MAX);
  let previousSeq = load<f64>(stateAt, STATE_SEQ);
  let rangeAt = stateAt + STATE_RANGE - RANGE_SIZE_BYTES;
  let position = start;
  let events: u32 = 0;
  let ranges: u32 = 0;
  while (events < eventsMax && position + 2 <= end && load<u8>(position) === TAG_EVENTS) {
    let sizeBytes: i32 = load<u8>(position, 1);
    let contentStart = position + 2;
    if (sizeBytes >= 0x80) {
      sizeBytes = readTwoBytes(position + 1, end);
      contentStart++;
    }
    const contentEnd = contentStart + sizeBytes;
    if (sizeBytes < 0 || contentEnd > end || !isUsual(place, contentStart, contentEnd, entriesMax)) break;
    const seq = <f64>firstVarint;
    const time = <f64>secondVarint;
    if (seq <= previousSeq || seq > seqMax || time < timeMin || time > timeMax) break;
    if (ranges > 0 && seq === previousSeq + 1) store<f64>(rangeAt, seq, 8);
    else if (ranges === rangesMax) break;
    else {
      ranges++;
      rangeAt += RANGE_SIZE_BYTES;
      store<f64>(rangeAt, seq);
      store<f64>(rangeAt, seq, 8);
    }
    previousSeq = seq;
    position = contentEnd;
    events++;
  }
  store<f64>(stateAt, previousSeq, STATE_SEQ);
  store<f64>(stateAt, <f64>events, STATE_EVENTS);
  store<f64>(stateAt, <f64>ranges, STATE_RANGES);
  noteMessage();
  return position;
}

function noteMessage(): void {
  store<f64>(stateAt, <f64>firstVarint, STATE_FIRST_VARINT);
  store<f64>(stateAt, <f64>secondVarint, STATE_SECOND_VARINT);
  store<f64>(stateAt, <f64>textStart, STATE_TEXT_START);
  store<f64>(stateAt, <f64>textEnd, STATE_TEXT_END);
}
