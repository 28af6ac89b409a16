import { quotedLocalUnitsMax } from '../limits.ts';
import type { OpenScrubCounts } from './scrub-counts.ts';
import { TextPieces } from './text-pieces.ts';

/** As it is, or as a URL writes it. */
const atSign = /@|%40/gi;

/** UTF-16 units of the part before it, as they are in use, letters of any alphabet and halves of them too; others end it. */
const localCharacter = /[\p{L}\p{N}\p{M}\p{Cs}._%+\-'&~]/u;

/** Punctuation that does not belong to the address that comes behind it. */
const leadingPunctuation = /^[.%+\-'&~]+/;

/** A name of a host, or an address in brackets. */
const domainPattern = /\[[0-9a-f:.]{2,45}\]|[\p{L}\p{N}\p{M}.-]+/iuy;

/** How the last label of a domain begins; what is written behind it without a blank may look like a part of it. */
const topLabel = /^(?:xn--|[\p{L}\p{M}]{2})/iu;

/** Replaces what looks like an e-mail address. */
export function scrubEmails(text: string, counts: OpenScrubCounts): string {
  const pieces = new TextPieces(text);
  // An address ends before the next sign, so each character is looked at once from either side.
  let floor = 0;
  atSign.lastIndex = 0;
  for (let match = atSign.exec(text); match !== null; match = atSign.exec(text)) {
    const behind = match.index + match[0].length;
    const start = localStart(text, match.index, floor);
    const end = start < match.index ? domainEnd(text, behind) : behind;
    if (end > behind) {
      pieces.replace(start, end, '<email>');
      counts.email += 1;
      atSign.lastIndex = end;
    }
    floor = Math.max(behind, end);
  }
  return pieces.toString();
}

/** Where the part before the sign begins; where the sign is, when there is none. */
function localStart(text: string, at: number, floor: number): number {
  if (text.charAt(at - 1) === '"') {
    const quote = text.lastIndexOf('"', at - 2);
    // With an address in it that was replaced by itself, what is behind that one.
    return quote >= 0 && at - quote <= quotedLocalUnitsMax ? Math.max(quote, floor) : at;
  }
  let start = at;
  while (start > floor && localCharacter.test(text.charAt(start - 1))) {
    start -= 1;
  }
  const punctuation = leadingPunctuation.exec(text.slice(start, at));
  return start + (punctuation?.[0].length ?? 0);
}

/** Where the domain ends; where it would begin, when it is none. */
function domainEnd(text: string, start: number): number {
  domainPattern.lastIndex = start;
  const found = domainPattern.exec(text)?.[0] ?? '';
  return start + (found.startsWith('[') ? found.length : domainLength(found.split('.')));
}

/**
 * Up to the last label of letters, at least the second; or an address of four numbers. A version is none, as in "react@18.2.0-rc.one".
 */
function domainLength(labels: readonly string[]): number {
  const [first = '', second = '', third = '', fourth = ''] = labels;
  if (/^v?\d+$/.test(first) && /^\d+$/.test(second)) {
    const isAddress = [first, second, third, fourth].every((label) => /^\d{1,3}$/.test(label));
    return isAddress ? labels.slice(0, 4).join('.').length : 0;
  }
  const last = labels.findLastIndex((label) => topLabel.test(label));
  return last < 1 ? 0 : labels.slice(0, last + 1).join('.').length;
}
