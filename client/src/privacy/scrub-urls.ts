import type { OpenScrubCounts } from './scrub-counts.ts';
import { TextPieces } from './text-pieces.ts';

const authorityEnd = /[/\\?#\s"'`<>]|$/g;
const urlEnd = /[\s"'`<>|()]|$/g;
/** Schemes of files on other machines: there the host is a share. */
const fileScheme = /(?:^|[^a-z])(?:file|smb)$/i;

/** Replaces the user of a URL, and what lies behind `file://host`, which is a share; `file:///path` is a path like others. */
export function scrubUrls(text: string, counts: OpenScrubCounts): string {
  const pieces = new TextPieces(text);
  let colon = text.indexOf('://');
  while (colon >= 0) {
    const start = colon + 3;
    const end = endOf(authorityEnd, text, start);
    if (end > start && fileScheme.test(text.slice(Math.max(0, colon - 5), colon))) {
      pieces.replace(start, endOf(urlEnd, text, start), '<path>');
      counts.path += 1;
    } else {
      const at = text.slice(start, end).lastIndexOf('@');
      if (at > 0) {
        pieces.replace(start, start + at, '<user>');
        counts.urlUser += 1;
      }
    }
    // The colon of the next may be the last character of this one.
    colon = text.indexOf('://', Math.max(start, end - 1, pieces.replacedUpTo));
  }
  return pieces.toString();
}

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
