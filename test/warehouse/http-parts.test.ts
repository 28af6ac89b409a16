import { describe, expect, test } from 'vitest';
import { ClickHouseException } from '../../warehouse/src/engine/clickhouse-exception.ts';
import { isForeignPage } from '../../warehouse/src/http/browser-guard.ts';
import { exceptionStatus } from '../../warehouse/src/http/exception-status.ts';
import { parseHttpQuery } from '../../warehouse/src/http/http-query.ts';
import { isLoopback, parseListenAddress } from '../../warehouse/src/http/listen-address.ts';

describe('the address of a query', () => {
  test('settings, parameters and names of the interface are told apart', () => {
    const target = '/?query=SELECT+1&param_x=%5C%5Ca&max_threads=2&database=d&query_id=q&wait_end_of_query=1&user=u';
    const http = parseHttpQuery(target, { 'x-clickhouse-format': 'CSV' });
    expect(http).toMatchObject({
      query: 'SELECT 1',
      database: 'd',
      queryId: 'q',
      waitEndOfQuery: true,
      defaultFormat: 'CSV',
    });
    expect([...http.settings]).toEqual([['max_threads', '2']]);
    expect([...http.parameters]).toEqual([['x', '\\\\a']]);
  });

  test.each(['compress=1', 'decompress=1', 'role=r'])('%s is refused', (search) => {
    expect(() => parseHttpQuery(`/?${search}`, {})).toThrow(expect.objectContaining({ codeName: 'NOT_IMPLEMENTED' }));
  });

  test('a format cannot smuggle SQL in', () => {
    expect(() => parseHttpQuery('/?default_format=TSV%20SETTINGS', {})).toThrow(/name of a format/);
  });
});

describe('exceptions', () => {
  test.each([
    ['Code: 60. DB::Exception: No t. (UNKNOWN_TABLE)', 60, 'UNKNOWN_TABLE', 'No t'],
    ['Query failed: Code: 62. DB::Exception: Syntax (x): y. (SYNTAX_ERROR) ', 62, 'SYNTAX_ERROR', 'Syntax (x): y'],
    [
      'Code: 164. DB::Exception: Code: 164. DB::Exception: No. (READONLY) (version 26.7.2.1). (READONLY)',
      164,
      'READONLY',
      'No',
    ],
    ['no code at all', 1002, 'UNKNOWN_EXCEPTION', 'no code at all'],
  ])('%s', (text, code, codeName, message) => {
    const exception = ClickHouseException.from(new Error(text));
    expect(exception).toMatchObject({ code, codeName, message });
    expect(exception.cause).toBeInstanceOf(Error);
  });

  test.each([
    [60, 404],
    [62, 400],
    [81, 404],
    [159, 408],
    [164, 403],
    [202, 503],
    [241, 500],
    [48, 501],
  ])('code %d is status %d', (code, status) => {
    expect(exceptionStatus(code)).toBe(status);
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1:8123', '127.0.0.1', 8123],
    ['[::1]:0', '::1', 0],
    ['localhost:65535', 'localhost', 65535],
  ])('%s', (address, host, port) => {
    expect(parseListenAddress(address)).toEqual({ host, port });
  });

  test.each(['', '8123', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:x', '::1:80'])('%j is none', (address) => {
    expect(() => parseListenAddress(address)).toThrow(expect.objectContaining({ kind: 'address-unusable' }));
  });

  test.each([
    ['127.3.4.5', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['127.example.com', false],
    ['::', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });

  test.each([
    [{ host: '127.0.0.1:8123' }, false],
    [{ host: 'localhost:8123', origin: 'http://localhost:8123' }, false],
    [{ host: '[::1]:8123' }, false],
    [{ host: 'localhost:8123', origin: 'https://evil.example' }, true],
    [{ host: 'localhost:8123', origin: 'null' }, true],
    [{ host: 'rebound.example:8123' }, true],
    [{}, false],
  ])('a request with %j is foreign: %s', (headers, expected) => {
    expect(isForeignPage(headers, ['127.0.0.1'])).toBe(expected);
  });
});
