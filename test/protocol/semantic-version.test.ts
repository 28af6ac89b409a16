import { compareSemanticVersions, parseSemanticVersion } from '@telemetry/gen/bans';
import { describe, expect, it } from 'vitest';

function version(text: string) {
  const parsed = parseSemanticVersion(text);
  if (parsed === undefined) throw new Error(`${text} is not a semantic version`);
  return parsed;
}

describe('A text', () => {
  it.each([
    '0.0.0',
    '1.2.3',
    '10.20.30',
    '1.0.0-alpha',
    '1.0.0-0.3.7',
    '1.0.0-x-y-z.4',
    '1.0.0+build',
    '1.0.0-rc.1+b.01',
  ])('%s is a semantic version', (text) => expect(parseSemanticVersion(text)).toBeDefined());

  it.each([
    '',
    '1',
    '1.2',
    'v1.2.3',
    '1.2.3.4',
    '01.2.3',
    '1.02.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3-a..b',
    '1.2.3+',
    ' 1.2.3',
    '1.2.3\n',
    '1.-2.3',
    '１.2.3',
  ])('%j is none', (text) => expect(parseSemanticVersion(text)).toBeUndefined());
});

it('orders versions as the specification does', () => {
  const ascending = [
    '0.0.1',
    '0.9.9',
    '0.10.0',
    '1.0.0-0',
    '1.0.0-1',
    '1.0.0-9',
    '1.0.0-10',
    '1.0.0--',
    '1.0.0-A',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.1.0',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.10.0',
    '2.0.0',
    '9007199254740993.0.0',
    '9007199254740994.0.0',
    '99999999999999999999999.0.0',
  ];
  for (const [left, leftText] of ascending.entries()) {
    for (const [right, rightText] of ascending.entries()) {
      const order = Math.sign(compareSemanticVersions(version(leftText), version(rightText)));
      expect(order, `${leftText} against ${rightText}`).toBe(Math.sign(left - right));
    }
  }
});

it('counts build metadata for nothing', () => {
  expect(compareSemanticVersions(version('1.2.3+a'), version('1.2.3+b'))).toBe(0);
  expect(compareSemanticVersions(version('1.2.3-rc.1+a'), version('1.2.3-rc.1'))).toBe(0);
});

it('takes time in proportion to the length of a hostile text', () => {
  const startMs = performance.now();
  for (const text of [`1.2.3-${'a-'.repeat(50_000)}!`, `1.2.3-${'0'.repeat(100_000)}`, `${'1'.repeat(100_000)}.`]) {
    expect(parseSemanticVersion(text)).toBeUndefined();
  }
  expect(performance.now() - startMs).toBeLessThan(2_000);
});
