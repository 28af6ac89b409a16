import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ResultTotals } from '../engine/chdb-engine.ts';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import type { LaneTicket, QueryLane } from '../engine/query-lane.ts';
import type { QueryRunner } from '../engine/query-runner.ts';
import type { SessionRequest } from '../engine/session-setup.ts';
import { type HttpQuery, parseHttpQuery } from './http-query.ts';
import { planQuery, type QueryPlan } from './query-plan.ts';
import type { QueryRecord } from './query-record.ts';
import { QueryResponse } from './query-response.ts';
import { spoolToFile } from './request-body.ts';

export type QueryHandlerOptions = {
  readonly runner: QueryRunner;
  readonly queries: QueryLane;
  readonly inserts: QueryLane;
  readonly engineVersion: string;
  /** Where insert bodies wait for the engine. */
  readonly temporaryPath: string;
  /** Milliseconds, for durations. */
  readonly clock: () => number;
  readonly onQuery: (record: QueryRecord) => void;
};

const QUERY_RECORD_CHARACTERS_MAX = 8_192;
const NO_RESULT = { resultRows: 0, writtenRows: 0, writtenBytes: 0, elapsedMs: 0 };
const never = new AbortController().signal;

/** Answers one query request, from its address to the last byte of its result. */
export class QueryHandler {
  readonly #options: QueryHandlerOptions;

  constructor(options: QueryHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = this.#options.clock();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const acceptsGzip = /\bgzip\b/i.test(String(request.headers['accept-encoding'] ?? ''));
    let answer = new QueryResponse(response, { ...this.#options, isGzip: false, waitForEnd: false });
    const seen: Seen = { query: '', kind: 'unknown', totals: NO_RESULT };
    let exceptionCode = 0;
    try {
      const http = parseHttpQuery(request.url ?? '/', request.headers);
      response.setHeader('X-ClickHouse-Query-Id', http.queryId ?? randomUUID());
      const isGzip = http.compression && acceptsGzip;
      answer = new QueryResponse(response, { ...this.#options, isGzip, waitForEnd: http.waitEndOfQuery });
      await this.#answer(http, request, answer, gone.signal, seen);
    } catch (error) {
      const exception = ClickHouseException.from(error);
      exceptionCode = exception.code;
      await answer.fail(exception);
    } finally {
      this.#options.onQuery({
        queryId: String(response.getHeader('X-ClickHouse-Query-Id') ?? ''),
        query: seen.query.slice(0, QUERY_RECORD_CHARACTERS_MAX),
        kind: seen.kind,
        user: userOf(request),
        client: request.headers['user-agent'],
        durationMs: this.#options.clock() - startedMs,
        resultRows: seen.totals.resultRows,
        writtenRows: seen.totals.writtenRows,
        exceptionCode,
      });
    }
  }

  async #answer(
    http: HttpQuery,
    request: IncomingMessage,
    answer: QueryResponse,
    gone: AbortSignal,
    seen: Seen,
  ): Promise<void> {
    const plan = await planQuery(http, request.headers, request);
    const isReadonly = request.method === 'GET' || request.method === 'HEAD';
    const parameters = plan.kind === 'statement' ? plan.parameters : http.parameters;
    const session = { database: http.database, settings: http.settings, parameters, readonly: isReadonly };
    seen.kind = plan.kind === 'statement' ? plan.statement.kind : 'insert';
    seen.query = plan.kind === 'statement' ? plan.statement.text : plan.insert.head;
    const ticket = (seen.kind === 'insert' ? this.#options.inserts : this.#options.queries).admit();
    let released: Promise<void> | undefined;
    try {
      if (plan.kind === 'data-insert') await this.#insertData(plan, session, ticket, answer, seen);
      else if (plan.statement.kind !== 'select') await this.#run(plan, http, session, ticket, answer, seen);
      else {
        await ticket.run();
        const format = plan.statement.format ?? http.defaultFormat;
        const running = this.#options.runner.select(plan.statement, http.defaultFormat, session, gone);
        released = running.closed;
        await answer.stream(running.output, running.done, format);
        seen.totals = await running.done;
      }
    } finally {
      if (released === undefined) ticket.leave();
      // The engine may be busy with the query for a moment after its client has gone: till then the slot is taken.
      else void released.then(() => ticket.leave());
    }
  }

  async #run(
    plan: Extract<QueryPlan, { kind: 'statement' }>,
    http: HttpQuery,
    session: SessionRequest,
    ticket: LaneTicket,
    answer: QueryResponse,
    seen: Seen,
  ): Promise<void> {
    const { statement } = plan;
    const { runner } = this.#options;
    if (http.sessionId !== undefined) refuseSessionState(statement.keyword);
    await ticket.run();
    if (statement.kind === 'insert') {
      // Not killed when its client goes away, as in ClickHouse: a write that is half done helps nobody.
      seen.totals = await runner.insert(statement.text, session, never);
      await answer.sendWhole(new Uint8Array(0), undefined, seen.totals);
      return;
    }
    const format = statement.format ?? http.defaultFormat;
    const result = await runner.other(statement, http.defaultFormat, session, never);
    seen.totals = result;
    await answer.sendWhole(result.bytes, format, result);
  }

  async #insertData(
    plan: Extract<QueryPlan, { kind: 'data-insert' }>,
    session: SessionRequest,
    ticket: LaneTicket,
    answer: QueryResponse,
    seen: Seen,
  ): Promise<void> {
    const path = join(this.#options.temporaryPath, `insert-${randomUUID()}`);
    const sizeBytes = await spoolToFile(path, plan.data);
    try {
      await ticket.run();
      // No data is no rows; some binary formats would call an empty file damaged. The target is not even looked at.
      const sql = plan.insert.render({ path, compression: sizeBytes === 0 ? 'none' : plan.compression });
      seen.totals = await this.#options.runner.insert(sql, session, never);
    } finally {
      await rm(path, { force: true });
    }
    await answer.sendWhole(new Uint8Array(0), undefined, seen.totals);
  }
}

/** What has become known of a request, for its record. */
type Seen = { query: string; kind: QueryRecord['kind']; totals: ResultTotals };

function refuseSessionState(keyword: string): void {
  if (keyword !== 'SET' && keyword !== 'USE') return;
  throw ClickHouseException.of(
    'NOT_IMPLEMENTED',
    `${keyword} in a session is not supported: sessions are not kept between requests. Send it with each request`,
  );
}

function userOf(request: IncomingMessage): string | undefined {
  const header = request.headers['x-clickhouse-user'];
  if (typeof header === 'string') return header;
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8').split(':')[0];
}
