import type { LoadForm } from '@telemetry/warehouse';

/** What the id of a segment begins with: the time and a counter, by which names sort by age, and a random part. */
const UNMARKED_ID = '\\d{13}-\\d{8}-[0-9a-f]{12}';
/** Loaded as columns, cut as they are now. A change of where blocks are cut needs another letter, one that is no hexadecimal digit. */
const MARK = 'n';
const MARKED_ID = new RegExp(`^${UNMARKED_ID}${MARK}`);
/** The name of a segment's file; its id comes first. */
export const SEGMENT_FILE_NAME = new RegExp(`^(${UNMARKED_ID}${MARK}?)\\.segment\\.gz$`);

/**
 * Makes the id of a segment. The name sorts by age; its random part, six bytes in hexadecimal, makes the id unique over collectors and restarts, whatever
 * the clock does, as a deduplication token must be.
 */
export function makeSegmentId(nowMs: number, counter: number, randomHex: string, form: LoadForm): string {
  const mark = form === 'columns' ? MARK : '';
  return `${String(nowMs).padStart(13, '0')}-${String(counter).padStart(8, '0')}-${randomHex}${mark}`;
}

/**
 * How a segment is loaded, each time: a load that was broken off goes on under the same token only if its batches are cut into the same blocks. So it is a part
 * of the id; earlier versions knew messages alone, and no mark. What the careful path splits off a segment begins with its id.
 */
export function loadFormOf(id: string): LoadForm {
  return MARKED_ID.test(id) ? 'columns' : 'messages';
}
