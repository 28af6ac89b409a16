import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a document. */
export interface Example {
  /** Title of the section it stands in. */
  readonly section: string;
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a Markdown text, in order. */
export function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  let section = '';
  let block: { language: string; lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const fence = /^```(\w*)/.exec(line);
    if (fence !== null && block === undefined) {
      block = { language: fence[1] ?? '', lines: [] };
    } else if (fence !== null && block !== undefined) {
      examples.push({ section, language: block.language, code: block.lines.join('\n') });
      block = undefined;
    } else if (block !== undefined) {
      block.lines.push(line);
    } else if (line.startsWith('#')) {
      section = line.replace(/^#+\s*/, '');
    }
  }
  return examples;
}

/** The examples of the project's README. */
export function readmeExamples(): Example[] {
  return examplesOf(readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8'));
}
