import { maskComments, maskLiterals } from './mask-source.ts';

/** A file of the repository. */
export interface SourceFile {
  /** Path from the root of the repository, with slashes. */
  path: string;
  text: string;
}

/** Generated code has its own rules. */
export const generatedFolder = 'gen/src/generated/';

/** Whether the file is TypeScript written by people. */
export function isOwnTypeScript(file: SourceFile): boolean {
  return file.path.endsWith('.ts') && !file.path.startsWith(generatedFolder);
}

/** The top-level folder of a path; empty for a file at the root. */
export function topFolder(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The code without its comments; offsets stay. */
export function withoutComments(file: SourceFile): string {
  return maskComments(file.text);
}

/** The code without comments and without what stands in quotes; offsets stay. */
export function codeOnly(file: SourceFile): string {
  return maskLiterals(file.text);
}
