import { checkFileLengths } from './check-file-lengths.ts';
import { checkForbiddenText } from './check-forbidden-text.ts';
import { checkImportCycles } from './check-import-cycles.ts';
import { checkImportDirections } from './check-import-directions.ts';
import { checkLayout } from './check-layout.ts';
import { checkLimitTests } from './check-limit-tests.ts';
import { checkProcessAccess } from './check-process-access.ts';
import type { Finding } from './finding.ts';
import type { SourceFile } from './source-file.ts';

/** The rules of the repository that no other tool knows, by name. */
export const tidyChecks: Record<string, (files: readonly SourceFile[]) => Finding[]> = {
  'imports point the way the data flows': checkImportDirections,
  'folders of a package import in one direction': checkImportCycles,
  'environment and exit are for the wiring': checkProcessAccess,
  'no file is too long': checkFileLengths,
  'the root is tidy': checkLayout,
  'no forbidden text': checkForbiddenText,
  'every limit has a test': checkLimitTests,
};
