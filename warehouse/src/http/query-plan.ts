import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import { type DataInsert, parseDataInsert } from '../engine/insert-statement.ts';
import { parseStatement, type Statement } from '../engine/statement.ts';
import { TokenCursor } from '../engine/token-cursor.ts';
import { INSERT_HEAD_BYTES_MAX, QUERY_TEXT_BYTES_MAX } from '../limits.ts';
import { contentEncoding } from './content-encoding.ts';
import type { HttpQuery } from './http-query.ts';
import { type Bytes, joined, readHead, readWhole } from './request-body.ts';

/** What a request wants done. */
export type QueryPlan =
  | { readonly kind: 'statement'; readonly statement: Statement; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'data-insert'; readonly insert: DataInsert; readonly data: Bytes; readonly compression: string };

const HEAD_BYTES_FIRST = 64 * 1024;

/** Finds the statement and, for an INSERT, its data, in the address and the body. Reads no more of the body than needed. */
export async function planQuery(http: HttpQuery, headers: IncomingHttpHeaders, body: Readable): Promise<QueryPlan> {
  if (headers['content-type']?.startsWith('multipart/form-data') === true) return planForm(http, headers, body);
  const encoding = contentEncoding(headers['content-encoding']);
  const unpacked = (): Bytes => {
    if (encoding.engineName === 'none') return keptOpen(body);
    if (encoding.unpack === undefined) throw notReadable(headers['content-encoding']);
    return pipeline(body, encoding.unpack(), () => undefined);
  };
  if (http.query === undefined) return planBody(http, unpacked());
  // ClickHouse reads the statement in the address, a line end, and then the body as one text.
  const insert = parseDataInsert(http.query);
  if (insert === undefined) {
    const rest = await readWhole(unpacked(), QUERY_TEXT_BYTES_MAX);
    const text = rest.length === 0 ? http.query : `${http.query}\n${rest.toString('utf8')}`;
    const whole = rest.length === 0 ? undefined : parseDataInsert(text);
    if (whole === undefined) return statementPlan(text, http.parameters);
    const data = joined(Buffer.from(text.slice(whole.dataStart)));
    return { kind: 'data-insert', insert: whole, data, compression: 'none' };
  }
  const inline = http.query.slice(insert.dataStart);
  if (inline.trim() === '')
    return { kind: 'data-insert', insert, data: keptOpen(body), compression: encoding.engineName };
  const data = joined(Buffer.from(`${inline}\n`), unpacked()[Symbol.asyncIterator]());
  return { kind: 'data-insert', insert, data, compression: 'none' };
}

/** Statement and data are both in the body. */
async function planBody(http: HttpQuery, body: Bytes): Promise<QueryPlan> {
  const rest = body[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  for (let bytes = HEAD_BYTES_FIRST; bytes <= INSERT_HEAD_BYTES_MAX; bytes *= 4) {
    const read = await readHead(rest, head, bytes);
    head = read.head;
    // One character a byte, so that a place in the text is a place in the bytes.
    const latin = head.toString('latin1');
    const start = parseDataInsert(latin)?.dataStart;
    if (start !== undefined && (read.isWhole || start < head.length)) {
      const insert = parseDataInsert(head.subarray(0, start).toString('utf8'));
      if (insert === undefined) break;
      return { kind: 'data-insert', insert, data: joined(head.subarray(start), rest), compression: 'none' };
    }
    if (read.isWhole || !new TokenCursor(latin).atWord('INSERT')) break;
  }
  const text = await readWhole(joined(head, rest), QUERY_TEXT_BYTES_MAX);
  return statementPlan(text.toString('utf8'), http.parameters);
}

/** A form: `query` and `param_...` as fields, as `@clickhouse/client` sends large parameters. */
async function planForm(http: HttpQuery, headers: IncomingHttpHeaders, body: Readable): Promise<QueryPlan> {
  const bytes = await readWhole(keptOpen(body), QUERY_TEXT_BYTES_MAX);
  const contentType = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw ClickHouseException.of('BAD_ARGUMENTS', 'The form in the body cannot be read', { cause });
    });
  const parameters = new Map(http.parameters);
  let text = http.query ?? '';
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      throw ClickHouseException.of('NOT_IMPLEMENTED', 'External tables (files in a form) are not supported');
    }
    if (name === 'query') text += value;
    else if (name.startsWith('param_')) parameters.set(name.slice('param_'.length), value);
  }
  return statementPlan(text, parameters);
}

/** The body, not destroyed (and the connection with it) when reading stops early: the answer is yet to be sent. */
function keptOpen(body: Readable): Bytes {
  return { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) };
}

function statementPlan(text: string, parameters: ReadonlyMap<string, string>): QueryPlan {
  if (text.includes('\0'))
    throw ClickHouseException.of('SYNTAX_ERROR', 'Syntax error: the query contains a NUL character');
  return { kind: 'statement', statement: parseStatement(text), parameters };
}

function notReadable(encoding: string | undefined): ClickHouseException {
  return ClickHouseException.of('NOT_IMPLEMENTED', `A query cannot be sent with Content-Encoding ${encoding ?? ''}`);
}
