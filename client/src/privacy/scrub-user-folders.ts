import { endsPosixName, endsWindowsPath, separatorLength } from './path-ends.ts';
import type { OpenScrubCounts } from './scrub-counts.ts';
import { TextPieces } from './text-pieces.ts';

/** The folder that holds those of the users, with its separators, as they are or as a URL writes them. Bounded, so linear. */
const usersFolder =
  /(?:[/\\]|%2f|%5c)(?:home|users|documents(?: |%20|\+)and(?: |%20|\+)settings)(?:[/\\]|%2f|%5c){1,16}/gi;

/** `C:` or `/c` in front of the folder: a path of Windows, though written with slashes. */
const drive = /(?:^|[^a-z])[a-z](?::|%3a)?$/i;

/** Replaces the name of the user in `/home/…`, `/Users/…` and `\Users\…` of a drive; what comes behind it stays. */
export function scrubUserFolders(text: string, counts: OpenScrubCounts): string {
  const pieces = new TextPieces(text);
  usersFolder.lastIndex = 0;
  for (let match = usersFolder.exec(text); match !== null; match = usersFolder.exec(text)) {
    const start = usersFolder.lastIndex;
    const end = nameEnd(text, start, isWindows(text, match));
    if (end > start) {
      pieces.replace(start, end, '<user>');
      counts.path += 1;
      usersFolder.lastIndex = end;
    }
  }
  return pieces.toString();
}

function isWindows(text: string, { 0: folder, index }: RegExpExecArray): boolean {
  return (
    folder.includes('\\') ||
    /%5c|settings/i.test(folder) ||
    // Six characters: those of the drive, written as in a URL, and two before them.
    drive.test(text.slice(Math.max(0, index - 6), index))
  );
}

/** On Windows a name may have blanks: one behind which no separator comes ends with the line. */
function nameEnd(text: string, start: number, isWindowsPath: boolean): number {
  const isEnd = isWindowsPath ? endsWindowsPath : endsPosixName;
  let end = start;
  while (end < text.length && separatorLength(text, end) === 0 && !isEnd(text, end)) {
    end += 1;
  }
  return end;
}
