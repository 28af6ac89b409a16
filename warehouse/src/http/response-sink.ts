import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { CLIENT_STALL_LIMIT_MS, RESPONSE_GZIP_LEVEL } from '../limits.ts';

/** The body of one response, packed or not, written no faster than the client takes it. */
export class ResponseSink {
  readonly #response: ServerResponse;
  readonly #target: Writable;

  /** Headers must have been written. */
  constructor(response: ServerResponse, isGzip: boolean) {
    this.#response = response;
    this.#target = isGzip ? createGzip({ level: RESPONSE_GZIP_LEVEL }) : response;
    if (this.#target !== response) this.#target.pipe(response);
    this.#target.on('error', () => response.destroy());
  }

  /** @throws when the client is gone, or takes nothing for too long. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#response.destroyed) throw new Error('the client has gone');
    if (this.#target.write(chunk)) return;
    await this.#orGone(once(this.#target, 'drain'));
  }

  /** @throws when the client is gone, or takes nothing for too long. */
  async end(): Promise<void> {
    // One that left while the statement ran has closed already, and no event will come: the slot would be held until the stall limit.
    if (this.#response.destroyed) throw new Error('the client has gone');
    const finished = once(this.#response, 'finish');
    this.#target.end();
    await this.#orGone(finished);
  }

  /**
   * Ends a response that has failed half-way so that nobody takes it for a whole one: `notice` is its last content, and
   * the connection is closed without the end mark of the chunked encoding.
   */
  async breakOff(notice: string): Promise<void> {
    if (this.#response.destroyed) return;
    const flushed = new Promise<void>((resolve) => this.#target.write(notice, () => resolve()));
    await this.#orGone(flushed).catch(() => undefined);
    if ('flush' in this.#target && typeof this.#target.flush === 'function') {
      const gzip = this.#target as ReturnType<typeof createGzip>;
      await this.#orGone(new Promise<void>((resolve) => gzip.flush(() => resolve()))).catch(() => undefined);
    }
    const socket = this.#response.socket;
    if (socket === null) this.#response.destroy();
    else socket.destroySoon();
  }

  async #orGone(event: Promise<unknown>): Promise<void> {
    const waiting = new AbortController();
    const gone = once(this.#response, 'close', { signal: waiting.signal }).then(() => {
      if (!this.#response.writableFinished) throw new Error('the client has gone');
    });
    gone.catch(() => undefined);
    event.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`the client has taken nothing for ${CLIENT_STALL_LIMIT_MS} ms`));
      timer = setTimeout(fail, CLIENT_STALL_LIMIT_MS);
    });
    try {
      await Promise.race([event, gone, stalled]);
    } finally {
      clearTimeout(timer);
      waiting.abort();
    }
  }
}
