import { describe, expect, test } from 'vitest';
import { parseStatement } from '../../warehouse/src/engine/statement.ts';
import { checkStatementLimits } from '../../warehouse/src/engine/statement-limits.ts';

const outfile = "\nINTO OUTFILE '/p' APPEND ";

describe('the result goes to a file, in the format asked for', () => {
  test.each([
    ['SELECT 1', `SELECT 1${outfile}FORMAT TSV`],
    ['SELECT 1;', `SELECT 1${outfile}FORMAT TSV`],
    ['SELECT 1 -- FORMAT x', `SELECT 1${outfile}FORMAT TSV`],
    ['SELECT 1 FORMAT JSON', `SELECT 1 ${outfile}FORMAT JSON`],
    ['select 1 format JSON settings max_threads=1;', `select 1 ${outfile}format JSON settings max_threads=1`],
    ['SELECT 1 SETTINGS max_threads=1 FORMAT CSV', `SELECT 1 SETTINGS max_threads=1 ${outfile}FORMAT CSV`],
    ["SELECT 'FORMAT JSON'", `SELECT 'FORMAT JSON'${outfile}FORMAT TSV`],
    ['SELECT format FROM t', `SELECT format FROM t${outfile}FORMAT TSV`],
    ['SELECT (SELECT 1 AS format) AS x', `SELECT (SELECT 1 AS format) AS x${outfile}FORMAT TSV`],
    ['SELECT t.format x', `SELECT t.format x${outfile}FORMAT TSV`],
    ['WITH 1 AS x SELECT x', `WITH 1 AS x SELECT x${outfile}FORMAT TSV`],
  ])('%s', (sql, expected) => {
    expect(parseStatement(sql).renderToFile('/p', 'TSV')).toBe(expected);
  });
});

test.each([
  ['SELECT 1', 'select'],
  ['(SELECT 1) UNION ALL (SELECT 2)', 'select'],
  ['FROM t SELECT 1', 'select'],
  ['INSERT INTO t SELECT 1', 'insert'],
  ['SHOW TABLES', 'other'],
  ['CREATE TABLE t AS SELECT 1', 'other'],
])('%s is a %s', (sql, kind) => {
  expect(parseStatement(sql).kind).toBe(kind);
});

test.each([
  ['SELECT 1; DROP TABLE t', 'SYNTAX_ERROR'],
  ['', 'SYNTAX_ERROR'],
  ['-- nothing', 'SYNTAX_ERROR'],
  ["SELECT 1 INTO OUTFILE '/etc/x'", 'INTO_OUTFILE_NOT_ALLOWED'],
  ["INSERT INTO t FROM /* x */ INFILE '/etc/passwd' FORMAT CSV", 'NOT_IMPLEMENTED'],
  ['CREATE TEMPORARY TABLE t (a Int8)', 'NOT_IMPLEMENTED'],
  ["KILL QUERY WHERE query_id = 'x' SYNC", 'NOT_IMPLEMENTED'],
])('%s is refused with %s', (sql, codeName) => {
  expect(() => parseStatement(sql)).toThrow(expect.objectContaining({ codeName }));
});

test('a semicolon in a string or a comment does not make two statements', () => {
  expect(parseStatement("SELECT ';' /* ; */ -- ; x\n;").text).toBe("SELECT ';'");
});

describe('a statement may lower the limits of its connection, not lift them', () => {
  const limits = { timeLimitMs: 60_000, memoryLimitBytes: 1000 };

  test.each(['max_execution_time = 60', 'max_threads=4, max_memory_usage=1000', "max_execution_time='5'"])(
    '%s',
    (text) => {
      expect(() => checkStatementLimits(`SELECT 1 SETTINGS ${text}`, limits)).not.toThrow();
    },
  );

  test.each([
    'max_execution_time=0',
    'max_execution_time = 61',
    'a=1, `max_execution_time`=0',
    "MAX_MEMORY_USAGE='1001'",
    'max_memory_usage=DEFAULT',
    'max_memory_usage /* = 1 */ = 5000',
  ])('not %s', (text) => {
    const violation = expect.objectContaining({ codeName: 'SETTING_CONSTRAINT_VIOLATION' });
    expect(() => checkStatementLimits(`SELECT 1 FROM (SELECT 1 SETTINGS ${text})`, limits)).toThrow(violation);
  });
});
