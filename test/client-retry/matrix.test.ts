import { describe, expect, test } from 'vitest';
import { specificationTable } from '../protocol/specification-text.ts';
import { ackRows } from './rows/ack-rows.ts';
import { answerRows } from './rows/answer-rows.ts';
import { connectionRows } from './rows/connection-rows.ts';
import { httpRows } from './rows/http-rows.ts';
import { paceRows } from './rows/pace-rows.ts';
import { publishRows } from './rows/publish-rows.ts';
import { reasonRows } from './rows/reason-rows.ts';
import { sizeRows } from './rows/size-rows.ts';
import { statusRows } from './rows/status-rows.ts';
import type { RowTests } from './support/row-test.ts';

const documented = [
  ...specificationTable('row', 'rejected', 'deferred', 'status'),
  ...specificationTable('row', 'status', 'the client'),
  ...specificationTable('row', 'the collector', 'the client'),
];

const groups: readonly RowTests[] = [
  reasonRows,
  statusRows,
  connectionRows,
  httpRows,
  answerRows,
  publishRows,
  ackRows,
  sizeRows,
  paceRows,
];
const tests: RowTests = Object.assign({}, ...groups);

test('every row of the retry matrix has a test, and every test a row', () => {
  const rows = documented.map(({ row }) => row);
  expect(new Set(rows).size).toBe(rows.length);
  expect(rows.toSorted()).toStrictEqual(Object.keys(tests).sort());
  const names = groups.flatMap((group) => Object.keys(group));
  expect(new Set(names).size).toBe(names.length);
});

describe('the retry matrix', () => {
  test.each(documented)('$row', async (columns) => {
    await tests[columns.row ?? '']?.(columns);
  });
});
