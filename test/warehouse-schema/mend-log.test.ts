import { expect, test } from 'vitest';
import { mendDeduplicationLog } from '../../warehouse/src/deduplication/mend-log.ts';
import { parsePartName } from '../../warehouse/src/deduplication/part-name.ts';

const parts = (...names: string[]) => names.map(parsePartName).filter((part) => part !== undefined);

test('names of parts are read, whatever their partition is called', () => {
  expect(parsePartName('1-202601_3_7_2')).toEqual({ partition: '1-202601', firstBlock: 3, lastBlock: 7 });
  expect(parsePartName('all_3_3_0_12')).toEqual({ partition: 'all', firstBlock: 3, lastBlock: 3 });
  for (const name of [
    'tmp_insert_1999_1_1_1',
    'tmp_merge_1999_1_5_1',
    'detached',
    'format_version.txt',
    'mutation_5.txt',
  ]) {
    expect(parsePartName(name)).toBeUndefined();
  }
});

test('a record stays while its rows are in a part, merged or not, and goes when they are in none', () => {
  const log = '1\t1999_1_1_1\ta\n1\t1999_2_2_1\tb\n1\t2000_2_2_1\tc\n1\t1999_4_4_1\td\n';
  const mended = mendDeduplicationLog(log, parts('1999_1_3_2', '2000_2_2_1'));
  expect(mended.text).toBe('1\t1999_1_1_1\ta\n1\t1999_2_2_1\tb\n1\t2000_2_2_1\tc\n');
  expect(mended.removed).toEqual(['1\t1999_4_4_1\td']);
});

test('records of dropping stay, a record that was cut off goes', () => {
  const log = '1\t1999_1_1_1\ta\n2\t1999_9_9_1\tz\n1\t1999_1_1_1\tto';
  expect(mendDeduplicationLog(log, parts('1999_1_1_1'))).toEqual({
    text: '1\t1999_1_1_1\ta\n2\t1999_9_9_1\tz\n',
    removed: ['1\t1999_1_1_1\tto'],
  });
  expect(mendDeduplicationLog('1\t1999_1', parts('1999_1_1_1')).text).toBe('');
  expect(mendDeduplicationLog('', [])).toEqual({ text: '', removed: [] });
});
