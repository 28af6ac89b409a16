import { describe, expect, test } from 'vitest';
import { parseDataInsert } from '../../warehouse/src/engine/insert-statement.ts';

const file = { path: '/d/f', compression: 'gzip' };
const infile = "FROM INFILE '/d/f' COMPRESSION 'gzip'";

describe('the file is named after target and columns, before the settings', () => {
  test.each([
    ['INSERT INTO t FORMAT Protobuf', `INSERT INTO t ${infile} FORMAT Protobuf`],
    ['insert into d.t (a, b) settings x=1 format CSV', `insert into d.t (a, b) ${infile} settings x=1 FORMAT CSV`],
    ['INSERT INTO TABLE `d`."t (x" FORMAT Native', `INSERT INTO TABLE \`d\`."t (x" ${infile} FORMAT Native`],
    ['INSERT INTO t (* EXCEPT(b)) FORMAT CSV', `INSERT INTO t (* EXCEPT(b)) ${infile} FORMAT CSV`],
    ['INSERT INTO {t:Identifier} (a) VALUES', `INSERT INTO {t:Identifier} (a) ${infile} FORMAT Values`],
    ["INSERT INTO FUNCTION null('a Int8') FORMAT TSV", `INSERT INTO FUNCTION null('a Int8') ${infile} FORMAT TSV`],
    ['INSERT INTO format (values) FORMAT CSV', `INSERT INTO format (values) ${infile} FORMAT CSV`],
    [
      "INSERT INTO t SETTINGS a='FORMAT x', b = [1, 2], c = -1, `d` = {'k': 1} FORMAT CSV",
      `INSERT INTO t ${infile} SETTINGS a='FORMAT x', b = [1, 2], c = -1, \`d\` = {'k': 1} FORMAT CSV`,
    ],
    [
      '/* FORMAT x */ INSERT INTO t -- FORMAT y\n(a) FORMAT CSV',
      `/* FORMAT x */ INSERT INTO t -- FORMAT y\n(a) ${infile} FORMAT CSV`,
    ],
    [
      "INSERT INTO t (a) SELECT f(a) FROM input('a Int8') WHERE a > 1 FORMAT CSV",
      "INSERT INTO t (a) SELECT f(a) FROM file('/d/f', 'CSV', 'a Int8', 'gzip') WHERE a > 1 ",
    ],
  ])('%s', (sql, expected) => {
    expect(parseDataInsert(sql)?.render(file)).toBe(expected);
  });
});

describe('data begins after the format, blanks and one line end', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV\n1,2', '1,2'],
    ['INSERT INTO t FORMAT CSV  \r\n1,2', '1,2'],
    ['INSERT INTO t FORMAT TSV\n\tx', '\tx'],
    ['INSERT INTO t FORMAT CSV 1,2', '1,2'],
    ['INSERT INTO t VALUES (1), (2)', ' (1), (2)'],
    ["INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV\n1", '1'],
    ['INSERT INTO t FORMAT RowBinary\n\n\0', '\n\0'],
    ['INSERT INTO t FORMAT CSV', ''],
  ])('%j', (sql, data) => {
    expect(sql.slice(parseDataInsert(sql)?.dataStart)).toBe(data);
  });
});

test.each([
  'SELECT 1 FORMAT CSV',
  'INSERT INTO t SELECT 1 FORMAT CSV',
  'INSERT INTO t (SELECT 1)',
  'INSERT INTO t (a) WITH 1 AS x SELECT x',
  "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
  'INSERT INTO t',
  'INSERT',
  "INSERT INTO t SELECT 'input(1) FORMAT CSV'",
])('%s has no data beside it', (sql) => {
  expect(parseDataInsert(sql)).toBeUndefined();
});

test('a semicolon after the format would become data, and is refused as in ClickHouse', () => {
  expect(() => parseDataInsert('INSERT INTO t FORMAT CSV;')).toThrow(/excessive ';'/);
});
