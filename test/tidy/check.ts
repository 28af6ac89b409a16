/** `node test/tidy/check.ts`: prints what is untidy in the repository, and ends with 1 when anything is. */
import { join } from 'node:path';
import { formatFinding } from './finding.ts';
import { readSources } from './read-sources.ts';
import { tidyChecks } from './tidy.ts';

const files = readSources(join(import.meta.dirname, '..', '..'));
const findings = Object.values(tidyChecks).flatMap((check) => check(files));
for (const finding of findings) {
  process.stdout.write(`${formatFinding(finding)}\n`);
}
process.stdout.write(`tidy: ${files.length} files, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
