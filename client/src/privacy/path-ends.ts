/** What no name of a file has on Windows, so that a path ends there. A blank does not end one. */
const windowsEnds = new Set('\r\n\t"<>|*?:');

/** What ends the name of an account elsewhere: it has no blanks. */
const posixEnds = new Set(' \r\n\t"\'`<>|*?:;,()[]{}&#=');

const letter = /[\p{L}\p{N}]/u;

/** Whether the character there ends a path of Windows. A quote does, unless a letter follows it, as in "O'Brien". */
export function endsWindowsPath(text: string, at: number): boolean {
  const character = text.charAt(at);
  if (character === "'" || character === '`') {
    return !letter.test(text.charAt(at + 1));
  }
  return windowsEnds.has(character);
}

/** Whether the character there ends the name of an account in a path with slashes. */
export function endsPosixName(text: string, at: number): boolean {
  return posixEnds.has(text.charAt(at));
}

/** How many characters of a separator stand there: one, three where it is written as in a URL, 0 where there is none. */
export function separatorLength(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === '/' || character === '\\') {
    return 1;
  }
  if (character !== '%') {
    return 0;
  }
  const code = text.slice(at + 1, at + 3).toLowerCase();
  return code === '2f' || code === '5c' ? 3 : 0;
}
