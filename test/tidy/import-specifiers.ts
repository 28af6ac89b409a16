import { lineAt } from './finding.ts';
import { codeOnly, type SourceFile, withoutComments } from './source-file.ts';

/** One place where a file names another module. */
export interface ImportSite {
  /** What stands in the quotes; `undefined` where it is computed. */
  specifier: string | undefined;
  line: number;
}

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, `require('…')`. Not `import.meta.resolve('…')`: it finds
 * a file to run in a process of its own, as the command does with the client's tools, and loads nothing. */
const importSite = /\b(?:from|import|require)\s*(\(\s*)?(?=['"`])/g;
const computedImport = /\bimport\s*\(\s*(?!['"`\s])/g;

/** Finds the modules that a file names. */
export function importSites(file: SourceFile): ImportSite[] {
  const code = codeOnly(file);
  const withLiterals = withoutComments(file);
  const sites: ImportSite[] = [];
  for (const match of code.matchAll(importSite)) {
    const start = match.index + match[0].length;
    const end = code.indexOf(code.charAt(start), start + 1);
    sites.push({ specifier: withLiterals.slice(start + 1, end), line: lineAt(code, match.index) });
  }
  for (const match of code.matchAll(computedImport)) {
    sites.push({ specifier: undefined, line: lineAt(code, match.index) });
  }
  return sites;
}
