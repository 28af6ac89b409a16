import type { Finding } from './finding.ts';
import { isOwnTypeScript, type SourceFile } from './source-file.ts';

/** Most files have fewer than 150 lines; past 350 a file holds more than one thing. */
export const linesMax = 350;

/** No file of code is longer than `linesMax`. */
export function checkFileLengths(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(isOwnTypeScript)
    .map((file) => ({ path: file.path, lines: file.text.replace(/\n$/, '').split('\n').length }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => ({
      file: path,
      line: 0,
      message: `${lines} lines, at most ${linesMax}: what is the second thing in it?`,
    }));
}
