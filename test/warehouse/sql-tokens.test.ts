import { expect, test } from 'vitest';
import { sqlTokens } from '../../warehouse/src/engine/sql-tokens.ts';

const texts = (sql: string) => [...sqlTokens(sql)].map((token) => token.text);
const kinds = (sql: string) => [...sqlTokens(sql)].map((token) => token.kind);

test('words are folded to upper case, the rest is kept', () => {
  expect(texts('Select a, `B c`, "d", \'e\' from T')).toEqual([
    'SELECT',
    'A',
    ',',
    '`B c`',
    ',',
    '"d"',
    ',',
    "'e'",
    'FROM',
    'T',
  ]);
});

test.each([
  ['-- FORMAT x\n1', ['1']],
  ['/* a /* nested */ FORMAT */ 1', ['1']],
  ['1 # FORMAT\n2', ['1', '2']],
  ['1 // FORMAT\n2', ['1', '2']],
])('comments are skipped: %j', (sql, expected) => {
  expect(texts(sql)).toEqual(expected);
});

test.each([
  [`'it''s'`],
  [`'it\\'s'`],
  [`'back\\\\'`],
  ['"a""b"'],
  ['`a\\`b`'],
  ["$tag$ ' ; -- $tag$"],
  ["$$ it's $$"],
  ['‘don"t’'],
  ['“a;b”'],
])('%s is one token', (sql) => {
  expect([...sqlTokens(sql)]).toMatchObject([{ start: 0, end: sql.length }]);
});

test('typographic quotes are found byte for byte, too', () => {
  const latin = Buffer.from('‘a;b’ + “c;d”').toString('latin1');
  expect(kinds(latin)).toEqual(['string', 'punctuation', 'quoted-name']);
});

test.each(["'open", '"open', '`open', '/* open', "'ends in backslash\\"])('%s is broken', (sql) => {
  expect(kinds(sql)).toEqual(['broken']);
});
