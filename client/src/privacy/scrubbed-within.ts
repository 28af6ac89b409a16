import { exceedsUtf8, truncateUtf8 } from '../utf8.ts';
import type { OpenScrubCounts } from './scrub-counts.ts';
import { scrubText } from './scrub-text.ts';

/** Scrubs a text that has a limit: what is put in may be longer than what it replaces, and must not make the event invalid. */
export function scrubbedWithin(text: string, sizeBytesMax: number, counts: OpenScrubCounts): string {
  const scrubbed = scrubText(text, counts);
  const hasGrown = scrubbed.length > text.length && exceedsUtf8(scrubbed, sizeBytesMax);
  return hasGrown && !exceedsUtf8(text, sizeBytesMax) ? truncateUtf8(scrubbed, sizeBytesMax) : scrubbed;
}
