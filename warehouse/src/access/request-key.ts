import type { IncomingHttpHeaders } from 'node:http';

/** What a request of ClickHouse's HTTP interface shows: the text of its key, and whether it has shown anything at all. */
export function keyOfRequest(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['x-clickhouse-key'];
  if (typeof header === 'string' && header !== '') return header;
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const bearer = bearerKey(authorization);
  if (bearer !== undefined) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  if (basic === undefined) return '';
  const text = Buffer.from(basic, 'base64').toString('utf8');
  // Any user name: the key alone says who it is.
  return text.slice(text.indexOf(':') + 1);
}

/** The key in an `authorization` header of the kind Bearer; undefined when it is of another kind. */
export function bearerKey(authorization: string): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}
