import { describe, expect, test } from 'vitest';
import { lineBytesMax } from '../../client/src/replay/limits.ts';
import { SequenceError } from '../../client/src/replay/sequence-error.ts';
import { SequenceParser } from '../../client/src/replay/sequence-parser.ts';
import { seededRandom } from '../support/random.ts';
import { categories, sequenceText } from './support/sequence-text.ts';

function parse(text: string | Uint8Array, chunkSizes: () => number = () => Number.POSITIVE_INFINITY): number[][] {
  const bytes = Buffer.from(text);
  const parser = new SequenceParser('views.seq');
  const users: number[][] = [];
  const take = (user: { number: number; views: Uint16Array }) => {
    users.push([...user.views]);
    expect(user.number).toBe(users.length);
  };
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + chunkSizes());
    for (const user of parser.push(bytes.subarray(at, end))) take(user);
    at = end;
  }
  for (const user of parser.finish()) take(user);
  expect(parser.categories).toEqual(categories);
  return users;
}

const users = [[1, 1], [2], [3, 2, 2, 1, 2, 3], [3]];

test('reads a file as the real one is written', () => {
  expect(parse(sequenceText(users))).toEqual(users);
});

test('reads it alike however it is cut into chunks', () => {
  const text = sequenceText(users);
  for (let size = 1; size <= text.length; size++) {
    expect(
      parse(text, () => size),
      `chunks of ${size}`,
    ).toEqual(users);
  }
});

test('reads random files alike', () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  for (let round = 0; round < 50; round++) {
    const some = Array.from({ length: 1 + Math.floor(random() * 40) }, () =>
      Array.from({ length: 1 + Math.floor(random() * 30) }, () => 1 + Math.floor(random() * 3)),
    );
    expect(
      parse(sequenceText(some), () => 1 + Math.floor(random() * 100)),
      `seed ${seed}`,
    ).toEqual(some);
  }
});

test('takes a last line without a newline, blank lines, comments and tabs', () => {
  expect(parse(`% c\n${categories.join('\t')}\n\n1\t2\n% between\n   \n 3 1`)).toEqual([
    [1, 2],
    [3, 1],
  ]);
});

describe('says in which line what is wrong, and gives all users before it', () => {
  const head = `% c\n${categories.join(' ')}\n1 2\n`;
  test.each([
    ['a word', `${head}2 two 3\n1\n`, 'line 4: "two" is not a category: expected numbers from 1 to 3'],
    ['a number with a tail', `${head}2 3x\n`, 'line 4: "3x" is not a category'],
    ['a negative number', `${head}-1\n`, 'line 4: "-1" is not a category'],
    ['a fraction', `${head}1.5\n`, 'line 4: "1.5" is not a category'],
    ['zero', `${head}1 0 1\n`, 'line 4: "0" is not a category'],
    ['one more than there are', `${head}1 4 1\n`, 'line 4: "4" is not a category'],
    ['a number past all bounds', `${head}${'9'.repeat(400)}\n`, 'line 4: "99999999999999999999…" is not a category'],
    ['a bad last line without a newline', `${head}1 2 x`, 'line 4: "x" is not a category'],
  ])('%s', (_name, text, message) => {
    const given: number[][] = [];
    const read = () => {
      const parser = new SequenceParser('views.seq');
      for (const user of parser.push(Buffer.from(text))) given.push([...user.views]);
      for (const user of parser.finish()) given.push([...user.views]);
    };
    expect(read).toThrow(SequenceError);
    expect(given).toEqual([[1, 2]]);
    expect(() => parse(text)).toThrow(`views.seq, ${message}`);
  });
});

describe('refuses what is no sequence file', () => {
  test.each([
    ['nothing', '', 'views.seq: the file is empty'],
    ['JSON', '{"name":"events"}\n', 'line 1: not a sequence file: expected a comment'],
    ['bytes', new Uint8Array([0x25, 0xff, 0xfe, 0x0a]), 'line 1: not a sequence file: expected text in UTF-8'],
    ['numbers without a list', '% c\n1 2 3\n', 'line 2: 1 is no name of a category'],
    ['a category twice', '% c\na b a\n1\n', 'line 2: the category "a" is there twice'],
    ['a category that is no name', `% c\n${'a'.repeat(257)}\n1\n`, 'line 2: a category has more than 256 bytes'],
    ['comments alone', '% c\n% d\n', 'line 2: no list of categories up to the end'],
    ['a header alone', '% c\na b\n\n', 'line 3: no users up to the end'],
    ['a line without an end', `% c\na b\n${'1 '.repeat(lineBytesMax / 2 + 1)}`, 'line 3: longer than 1048576 bytes'],
  ])('%s', (_name, content, message) => {
    expect(() => parse(content)).toThrow(SequenceError);
    expect(() => parse(content, () => 4096)).toThrow(message);
  });
});
