/** Something in the repository that breaks a rule: where, and what to do. */
export interface Finding {
  /** Path from the root of the repository, with slashes. */
  file: string;
  /** 1 for the first; 0 for the file as a whole. */
  line: number;
  message: string;
}

/** As compilers print it, so that editors find the place. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}${finding.line === 0 ? '' : `:${finding.line}`}: ${finding.message}`;
}

/** The line, from 1, in which the character at this offset stands. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
