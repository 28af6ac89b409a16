import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ResultTotals } from '../engine/chdb-engine.ts';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import type { LaneTicket, QueryLane } from '../engine/query-lane.ts';
import type { QueryRunner } from '../engine/query-runner.ts';
import type { SessionRequest } from '../engine/session-setup.ts';
import type { Statement } from '../engine/statement.ts';
import { denied } from '../reader/check-reader-tree.ts';
import type { ReaderGate } from '../reader/reader-gate.ts';
import type { SqlAccess } from './authenticate.ts';
import { handedOverHeader, takeHandedOver } from './handed-over.ts';
import { type HttpQuery, parseHttpQuery } from './http-query.ts';
import { planQuery, type QueryPlan } from './query-plan.ts';
import type { QueryRecord } from './query-record.ts';
import { QueryResponse } from './query-response.ts';
import { spoolToFile } from './request-body.ts';

export type QueryHandlerOptions = {
  readonly runner: QueryRunner;
  readonly queries: QueryLane;
  readonly inserts: QueryLane;
  /** Checks what readers send. */
  readonly readers: ReaderGate;
  readonly engineVersion: string;
  /** Where insert bodies wait for the engine. */
  readonly temporaryPath: string;
  /** Where other processes on this machine put data that they hand over. In the same file system. */
  readonly handoverPath: string;
  /** Milliseconds, for durations. */
  readonly clock: () => number;
  /** Makes durable what the engine leaves to the system after an insert; awaited before the insert is answered. */
  readonly afterInsert: () => Promise<void>;
  readonly onQuery: (record: QueryRecord) => void;
};

const QUERY_RECORD_CHARACTERS_MAX = 8_192;
const NO_RESULT = { resultRows: 0, writtenRows: 0, writtenBytes: 0, elapsedMs: 0 };

/** Answers one query request, from its address to the last byte of its result. */
export class QueryHandler {
  readonly #options: QueryHandlerOptions;

  constructor(options: QueryHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse, access: SqlAccess): Promise<void> {
    const startedMs = this.#options.clock();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const acceptsGzip = /\bgzip\b/i.test(String(request.headers['accept-encoding'] ?? ''));
    let answer = new QueryResponse(response, { ...this.#options, isGzip: false, waitForEnd: false });
    const seen: Turn['seen'] = { query: '', kind: 'unknown', totals: NO_RESULT };
    let exceptionCode = 0;
    try {
      const http = parseHttpQuery(request.url ?? '/', request.headers);
      response.setHeader('X-ClickHouse-Query-Id', http.queryId ?? randomUUID());
      const isGzip = http.compression && acceptsGzip;
      answer = new QueryResponse(response, { ...this.#options, isGzip, waitForEnd: http.waitEndOfQuery });
      const handedOver = request.headers[handedOverHeader]?.toString();
      await this.#answer(http, request, { answer, gone: gone.signal, seen, access, handedOver });
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

  async #answer(http: HttpQuery, request: IncomingMessage, turn: Turn): Promise<void> {
    const plan = await planQuery(http, request.headers, request);
    const isInsert = plan.kind === 'data-insert' || plan.statement.kind === 'insert';
    if (turn.handedOver !== undefined && plan.kind !== 'data-insert')
      throw ClickHouseException.of('BAD_ARGUMENTS', `Only the data of an INSERT is handed over (${handedOverHeader})`);
    if (isInsert && turn.access === 'read') throw denied('Not INSERT');
    const session: SessionRequest = {
      database: http.database,
      settings: http.settings,
      parameters: plan.kind === 'data-insert' ? http.parameters : plan.parameters,
      readonly: request.method === 'GET' || request.method === 'HEAD',
    };
    turn.seen.kind = plan.kind === 'data-insert' ? 'insert' : plan.statement.kind;
    turn.seen.query = plan.kind === 'data-insert' ? plan.insert.head : plan.statement.text;
    const ticket = (isInsert ? this.#options.inserts : this.#options.queries).admit();
    try {
      if (plan.kind === 'data-insert') await this.#insertData(plan, session, ticket, turn);
      else await this.#run(plan.statement, http, session, ticket, turn);
    } finally {
      ticket.leave();
    }
  }

  async #run(
    statement: Statement,
    http: HttpQuery,
    session: SessionRequest,
    ticket: LaneTicket,
    turn: Turn,
  ): Promise<void> {
    if (http.sessionId !== undefined) refuseSessionState(statement.keyword);
    await ticket.run(turn.gone);
    if (turn.access === 'read') {
      const admitted = await this.#options.readers.admit(statement, session);
      await this.#runAdmitted(admitted.statement, http, admitted.request, turn);
    } else await this.#runAdmitted(statement, http, session, turn);
  }

  async #runAdmitted(statement: Statement, http: HttpQuery, session: SessionRequest, turn: Turn): Promise<void> {
    const format = statement.format ?? http.defaultFormat;
    if (statement.kind === 'select') {
      await this.#stream(statement, http.defaultFormat, session, turn);
    } else if (statement.kind === 'insert') {
      turn.seen.totals = await this.#options.runner.insert(statement.text, session);
      await this.#options.afterInsert();
      await turn.answer.sendWhole(new Uint8Array(0), undefined, turn.seen.totals);
    } else {
      const result = await this.#options.runner.other(statement, format, session, turn.gone);
      turn.seen.totals = result;
      await turn.answer.sendWhole(result.bytes, format, result);
    }
  }

  async #stream(statement: Statement, defaultFormat: string, session: SessionRequest, turn: Turn): Promise<void> {
    const stop = new AbortController();
    const stopNow = () => stop.abort();
    turn.gone.addEventListener('abort', stopNow, { once: true });
    if (turn.gone.aborted) stopNow();
    const running = this.#options.runner.select(statement, defaultFormat, session, stop.signal);
    try {
      await turn.answer.stream(running.output, running.done, statement.format ?? defaultFormat);
      turn.seen.totals = await running.done;
    } finally {
      turn.gone.removeEventListener('abort', stopNow);
      stopNow();
      // Till the engine is rid of it, a moment after its client has gone, the slot is taken.
      await running.closed;
    }
  }

  async #insertData(
    plan: Extract<QueryPlan, { kind: 'data-insert' }>,
    session: SessionRequest,
    ticket: LaneTicket,
    turn: Turn,
  ): Promise<void> {
    const { temporaryPath, handoverPath } = this.#options;
    const path = join(temporaryPath, `insert-${randomUUID()}`);
    const { handedOver } = turn;
    const sizeBytes =
      handedOver === undefined
        ? await spoolToFile(path, plan.data)
        : await takeHandedOver(handoverPath, handedOver, path, plan.data);
    try {
      await ticket.run(turn.gone);
      // An empty body is not packed, whatever its headers say.
      const sql = plan.insert.render({ path, compression: sizeBytes === 0 ? 'none' : plan.compression });
      turn.seen.totals = await this.#options.runner.insert(sql, session);
      await this.#options.afterInsert();
    } finally {
      await rm(path, { force: true });
    }
    await turn.answer.sendWhole(new Uint8Array(0), undefined, turn.seen.totals);
  }
}

/** One request being answered. */
type Turn = {
  readonly answer: QueryResponse;
  readonly access: SqlAccess;
  /** Name of the file that holds the data of the INSERT, when it is not in the body. */
  readonly handedOver: string | undefined;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  /** What has become known of it, for its record. */
  readonly seen: { query: string; kind: QueryRecord['kind']; totals: ResultTotals };
};

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
