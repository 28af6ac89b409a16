import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listSegments } from '../../../collector/src/spool/segment.ts';
import { loadFormOf, makeSegmentId } from '../../../collector/src/spool/segment-id.ts';
import { tempFolder } from '../support/temp-folder.ts';

const earlier = '1760000000000-00000007-0123456789ab';

test('a segment is loaded as columns, one of an earlier version as messages, and so is what is split off it', () => {
  const id = makeSegmentId(1_760_000_000_000, 7, '0123456789ab', 'columns');
  expect(id).toBe(`${earlier}n`);
  expect(makeSegmentId(1_760_000_000_000, 7, '0123456789ab', 'messages')).toBe(earlier);
  for (const suffix of ['', 'r', 'p', 'pr', 'ppr']) {
    expect(loadFormOf(id + suffix)).toBe('columns');
    expect(loadFormOf(earlier + suffix)).toBe('messages');
  }
});

test('segments of both kinds are found, the oldest first, and nothing else', async () => {
  const folder = join(await tempFolder(), 'segments');
  mkdirSync(folder);
  const ids = [
    makeSegmentId(1, 1, 'ffffffffffff', 'columns'),
    earlier,
    makeSegmentId(1_760_000_000_001, 2, '0123456789ab', 'columns'),
  ];
  const others = ['x', `${earlier}n.segment.gz.tmp`, `${earlier}x.segment.gz`, `${earlier}nn.segment.gz`];
  for (const name of [...ids.map((id) => `${id}.segment.gz`), ...others]) writeFileSync(join(folder, name), '');
  expect((await listSegments(folder, 5)).map(({ id }) => id)).toEqual(ids);
});
