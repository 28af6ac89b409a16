import type { IncomingHttpHeaders } from 'node:http';
import type { AccessKeys } from '../access/access-keys.ts';
import { keyOfRequest } from '../access/request-key.ts';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';

/** What a request may do: all there is, or what readers may. */
export type SqlAccess = 'full' | 'read';

/**
 * What a request may do, by its key: the password of HTTP Basic with any user name, X-ClickHouse-Key, or Bearer. Not the `password` of the
 * address, which others write into their logs.
 *
 * @throws ClickHouseException REQUIRED_PASSWORD, AUTHENTICATION_FAILED, or ACCESS_DENIED for a key that is not for SQL.
 */
export function sqlAccessOf(keys: AccessKeys, headers: IncomingHttpHeaders): SqlAccess {
  if (!keys.isOn) return 'full';
  const text = keyOfRequest(headers);
  if (text === undefined) {
    throw ClickHouseException.of(
      'REQUIRED_PASSWORD',
      'This needs a key: send it as password of HTTP Basic, as X-ClickHouse-Key, or as "Authorization: Bearer KEY"',
    );
  }
  const key = keys.find(text);
  if (key === undefined) throw ClickHouseException.of('AUTHENTICATION_FAILED', 'The key is not known, or was revoked');
  if (key.role === 'admin' || key.role === 'service') return 'full';
  if (key.role === 'reader') return 'read';
  throw ClickHouseException.of('ACCESS_DENIED', `The key ${key.id} is for another use (${key.role})`);
}
