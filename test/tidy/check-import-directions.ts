import type { Finding } from './finding.ts';
import { importSites } from './import-specifiers.ts';
import { importTarget } from './import-target.ts';
import { isOwnTypeScript, type SourceFile, topFolder } from './source-file.ts';

/** Imports point the way the data flows; client and collector meet in `proto` alone. */
const allowedTargets: Record<string, readonly string[]> = {
  gen: ['gen'],
  client: ['client', 'gen'],
  warehouse: ['warehouse', 'gen'],
  collector: ['collector', 'gen', 'warehouse'],
};

/** Each package imports only those that it stands on; tests import what they like. */
export function checkImportDirections(files: readonly SourceFile[]): Finding[] {
  return files.filter(isOwnTypeScript).flatMap((file) => {
    const allowed = allowedTargets[topFolder(file.path)];
    return allowed === undefined ? [] : checkFile(file, allowed);
  });
}

function checkFile(file: SourceFile, allowed: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  for (const { specifier, line } of importSites(file)) {
    if (specifier === undefined) {
      findings.push({ file: file.path, line, message: 'import() of a computed name: nobody can see where it leads' });
      continue;
    }
    const target = importTarget(file.path, specifier);
    const folder = target === undefined ? undefined : topFolder(`${target}/`);
    if (folder !== undefined && !allowed.includes(folder)) {
      const message = `'${specifier}' leads to ${folder}; ${topFolder(file.path)} imports only ${allowed.join(', ')}`;
      findings.push({ file: file.path, line, message });
    }
  }
  return findings;
}
