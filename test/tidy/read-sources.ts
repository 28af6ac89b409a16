import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './source-file.ts';

/** Hidden folders that belong to the repository; the others belong to tools. */
const hiddenFolders = ['.ci', '.github'];

/** In a second working tree of a repository git keeps a file where the first has its folder. */
const gitLink = '.git';

/**
 * All text files of the repository, but what `.gitignore` leaves out. Walks by itself, since a machine that runs the checks need not
 * have git. A file with a zero byte is no text and is left out too.
 */
export function readSources(root: string): SourceFile[] {
  const isIgnored = ignoreRule(readFileSync(join(root, '.gitignore'), 'utf8'));
  const files: SourceFile[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory()) {
        const isForeign = entry.name.startsWith('.') && !hiddenFolders.includes(entry.name);
        if (!isForeign && !isIgnored(`${entry.name}/`)) {
          folders.push(`${path}/`);
        }
      } else if (entry.isFile() && entry.name !== gitLink && !isIgnored(entry.name)) {
        files.push({ path, text: readFileSync(join(root, path), 'utf8') });
      }
    }
  }
  return files.filter((file) => !file.text.includes('\0')).sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Understands what our `.gitignore` holds: names, folders (`dist/`) and endings (`*.log`); refuses what it does not understand. */
function ignoreRule(text: string): (name: string) => boolean {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    if (!/^(?:\*\.)?[\w.-]+\/?$/.test(line)) {
      throw new Error(
        `.gitignore: '${line}': teach read-sources.ts this pattern, or write it as name, folder/ or *.ending`,
      );
    }
  }
  return (name) =>
    lines.some((line) =>
      line.startsWith('*') ? name.endsWith(line.slice(1)) : name.replace(/\/$/, '') === line.replace(/\/$/, ''),
    );
}
