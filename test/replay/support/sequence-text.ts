/** Categories of the files that these tests write. */
export const categories = ['frontpage', 'news', 'on-air'];

/** A sequence file as the real one is written: comments, blank lines, carriage returns, blanks at the ends of the lines. */
export function sequenceText(users: readonly (readonly number[])[]): string {
  const header = ['% Different categories found in input file:', '', categories.join(' '), '', '', '% Sequences:', ''];
  return [...header, ...users.map((views) => `${views.join(' ')} `), ''].join('\r\n');
}
