import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mendSegment } from '../../../collector/src/spool/mend-segment.ts';
import { makeRecord } from '../support/loading.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('what is set aside of a segment that is damaged again at the same place keeps a file of its own', async () => {
  const folder = await tempFolder();
  const quarantine = join(folder, 'quarantine');
  const segment = { id: 'twice', path: join(folder, 'twice.records') };
  const records = [1, 2, 3, 4].map((events) => makeRecord('twice', events).bytes);
  const damaged = records.map((record) => {
    const bytes = Buffer.from(record);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 4;
    return bytes;
  });
  const [first, second, third] = damaged as [Buffer, Buffer, Buffer];

  writeFileSync(segment.path, Buffer.concat([first, ...records.slice(1)]));
  expect((await mendSegment(segment, quarantine)).setAside).toEqual([join(quarantine, 'twice-0.damaged')]);
  writeFileSync(segment.path, Buffer.concat([second, ...records.slice(2)]));
  expect((await mendSegment(segment, quarantine)).setAside).toEqual([join(quarantine, 'twice-0-2.damaged')]);
  // As after a kill between the two steps: what was set aside is in the segment still.
  writeFileSync(segment.path, Buffer.concat([second, ...records.slice(2)]));
  expect((await mendSegment(segment, quarantine)).setAside).toEqual([join(quarantine, 'twice-0-2.damaged')]);
  writeFileSync(segment.path, Buffer.concat([third, ...records.slice(3)]));
  expect((await mendSegment(segment, quarantine)).setAside).toEqual([join(quarantine, 'twice-0-3.damaged')]);

  expect(readFileSync(segment.path)).toEqual(records[3]);
  const kept = readdirSync(quarantine).sort();
  expect(kept).toEqual(['twice-0-2.damaged', 'twice-0-3.damaged', 'twice-0.damaged']);
  expect(kept.map((name) => readFileSync(join(quarantine, name)))).toEqual([second, third, first]);
});
