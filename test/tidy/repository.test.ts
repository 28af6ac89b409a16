import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatFinding } from './finding.ts';
import { readSources } from './read-sources.ts';
import { tidyChecks } from './tidy.ts';

const files = readSources(join(import.meta.dirname, '..', '..'));

test('the repository was read', () => {
  const paths = files.map((file) => file.path);
  expect(paths).toEqual(expect.arrayContaining(['package.json', 'proto/telemetry/v1/event.proto', 'gen/src/index.ts']));
  expect(paths.filter((path) => path.includes('node_modules/'))).toEqual([]);
});

test.each(Object.entries(tidyChecks))('%s', (_, check) => {
  expect(check(files).map(formatFinding)).toEqual([]);
});
