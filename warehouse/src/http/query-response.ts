import type { ServerResponse } from 'node:http';
import type { ResultTotals } from '../engine/chdb-engine.ts';
import type { ClickHouseException } from '../engine/clickhouse-exception.ts';
import { RESPONSE_HOLD_BYTES, RESPONSE_HOLD_BYTES_WHOLE, RETRY_AFTER_SECONDS } from '../limits.ts';
import { contentType } from './content-type.ts';
import { exceptionNotice, newExceptionTag } from './exception-notice.ts';
import { exceptionStatus } from './exception-status.ts';
import { ResponseSink } from './response-sink.ts';
import { resultSummary } from './result-summary.ts';

export type ResponseOptions = {
  readonly engineVersion: string;
  /** Whether the client takes gzip and asked for it. */
  readonly isGzip: boolean;
  /** Hold the whole result back, if it is not too large, so that any error gets its status. */
  readonly waitForEnd: boolean;
};

/** The answer to one query: nothing is sent until there is enough of it, or it has ended, or failed. */
export class QueryResponse {
  readonly #response: ServerResponse;
  readonly #options: ResponseOptions;
  readonly #tag = newExceptionTag();
  #sink: ResponseSink | undefined;

  constructor(response: ServerResponse, options: ResponseOptions) {
    this.#response = response;
    this.#options = options;
  }

  /** An answer that is complete. */
  sendWhole(body: Uint8Array, format: string | undefined, totals: ResultTotals): Promise<void> {
    return this.#open(format, totals, body.length).then((sink) => this.#finish(sink, body));
  }

  /**
   * An answer made while it is sent.
   *
   * @throws what the result fails with; then call `fail`.
   */
  async stream(output: AsyncIterable<Uint8Array>, done: Promise<ResultTotals>, format: string): Promise<void> {
    const holdBytes = this.#options.waitForEnd ? RESPONSE_HOLD_BYTES_WHOLE : RESPONSE_HOLD_BYTES;
    const held: Uint8Array[] = [];
    let heldBytes = 0;
    for await (const chunk of output) {
      if (this.#sink !== undefined) {
        await this.#sink.write(chunk);
        continue;
      }
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < holdBytes) continue;
      this.#sink = await this.#open(format, undefined, undefined);
      for (const early of held) await this.#sink.write(early);
      held.length = 0;
    }
    // The engine closes the pipe when it fails, too: only now is it known that this was all.
    const totals = await done;
    if (this.#sink === undefined) await this.sendWhole(Buffer.concat(held), format, totals);
    else await this.#sink.end();
  }

  /** Tells of an error, with its status if nothing has been sent yet. */
  async fail(error: ClickHouseException): Promise<void> {
    const text = error.render(this.#options.engineVersion);
    if (this.#sink !== undefined) {
      await this.#sink.breakOff(exceptionNotice(text, this.#tag));
    } else if (!this.#response.headersSent && !this.#response.destroyed) {
      const status = exceptionStatus(error.code);
      if (status === 503) this.#response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
      this.#response.setHeader('X-ClickHouse-Exception-Code', String(error.code));
      this.#response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      this.#response.statusCode = status;
      this.#response.end(`${text}\n`);
    }
  }

  async #open(
    format: string | undefined,
    totals: ResultTotals | undefined,
    size: number | undefined,
  ): Promise<ResponseSink> {
    const response = this.#response;
    const isGzip = this.#options.isGzip && size !== 0;
    if (format !== undefined) {
      response.setHeader('X-ClickHouse-Format', format);
      response.setHeader('Content-Type', contentType(format));
    }
    if (totals !== undefined) response.setHeader('X-ClickHouse-Summary', resultSummary(totals));
    if (isGzip) response.setHeader('Content-Encoding', 'gzip');
    else if (size !== undefined) response.setHeader('Content-Length', String(size));
    response.setHeader('X-ClickHouse-Exception-Tag', this.#tag);
    response.statusCode = 200;
    return new ResponseSink(response, isGzip);
  }

  async #finish(sink: ResponseSink, body: Uint8Array): Promise<void> {
    this.#sink = sink;
    if (body.length > 0) await sink.write(body);
    await sink.end();
  }
}
