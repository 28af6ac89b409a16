import { endsWindowsPath } from './path-ends.ts';
import type { OpenScrubCounts } from './scrub-counts.ts';
import { TextPieces } from './text-pieces.ts';

/** `\\server\share`, its backslashes perhaps doubled once or more, or `\\?\UNC\server\share`; not `\\?\C:` and `\\.\pipe`. Bounded, so linear. */
const share = /\\{2,16}(?:[?.]\\{1,8}UNC\\{1,8})?[^\s\\/"'`<>|*?:.][^\s\\/"'`<>|*?:]{0,254}\\{1,8}[^\s\\/"'`<>|*?:]/iy;

/** Replaces paths to a share: any part of one may name a user, so nothing of it stays. */
export function scrubShares(text: string, counts: OpenScrubCounts): string {
  const pieces = new TextPieces(text);
  let start = text.indexOf('\\\\');
  while (start >= 0) {
    share.lastIndex = start;
    let end = start + 2;
    if (isStart(text, start) && share.test(text)) {
      end = share.lastIndex;
      // Not at a colon that another path follows: of two in a row the second might be taken for one of a drive.
      while (end < text.length && (!endsWindowsPath(text, end) || text.startsWith(':\\', end))) {
        end += 1;
      }
      pieces.replace(start, end, '<path>');
      counts.path += 1;
    } else {
      while (text.charAt(end) === '\\') {
        end += 1;
      }
    }
    start = text.indexOf('\\\\', end);
  }
  return pieces.toString();
}

/** Not a doubled backslash in the middle of a path: behind a name, one that was replaced too, or behind the colon of a drive, a replaced one too. */
function isStart(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - '<email>:'.length), start);
  return !/(?:[\p{L}\p{N}\p{Cs}_)\]%$]|<(?:email|user|path)>:?|(?:^|[^a-z])[a-z]:)$/iu.test(before);
}
