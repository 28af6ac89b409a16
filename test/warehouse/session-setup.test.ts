import { expect, test } from 'vitest';
import { renderSessionSetup } from '../../warehouse/src/engine/session-setup.ts';

const limits = { timeLimitMs: 60_000, memoryLimitBytes: 1000 };

function setup(
  settings: Record<string, string>,
  rest: { database?: string; parameters?: [string, string][]; readonly?: boolean } = {},
) {
  const request = {
    database: rest.database,
    settings: new Map(Object.entries(settings)),
    parameters: new Map(rest.parameters ?? []),
    readonly: rest.readonly ?? false,
  };
  return renderSessionSetup(request, limits, 'm');
}

test('every query gets its limits and its marker', () => {
  expect(setup({})).toBe("SET max_execution_time = '60', max_memory_usage = '1000', log_comment = 'm'");
});

test.each([
  ['5', '5'],
  ['0.5', '0.5'],
  ['0', '60'],
  ['61', '60'],
  ['60', '60'],
])('max_execution_time %s becomes %s', (asked, given) => {
  expect(setup({ max_execution_time: asked })).toContain(`max_execution_time = '${given}'`);
});

test.each(['', 'abc', '-1', '10G'])('a limit %j is refused', (asked) => {
  expect(() => setup({ max_memory_usage: asked })).toThrow(/must be a number/);
});

test('values cannot leave their string, nor names their place', () => {
  expect(setup({ a: "x', readonly = '0\\" })).toContain("a = 'x\\', readonly = \\'0\\\\'");
  expect(() => setup({ 'a = 1, b': '1' })).toThrow(/cannot be the name of a setting/);
  expect(() => setup({}, { parameters: [['a b', '1']] })).toThrow(/cannot be the name of a query parameter/);
  expect(setup({}, { database: 'a`; DROP' })).toMatch(/^USE `a\\`; DROP`; SET /);
});

test('readonly comes last, and a GET cannot do without', () => {
  expect(setup({ readonly: '0', max_threads: '1' }, { readonly: true })).toMatch(
    /max_threads = '1'.*, readonly = '2'$/,
  );
  expect(setup({ readonly: '1' }, { readonly: true })).toMatch(/readonly = '1'$/);
  expect(setup({ readonly: '1' })).toMatch(/readonly = '1'$/);
});
