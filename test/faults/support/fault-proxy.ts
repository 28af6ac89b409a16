import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the proxy does to a request's bytes on their way to the warehouse, and to the answer on its way back. */
export type ProxyFault =
  | { readonly kind: 'none' }
  /** Passes nothing of an answer before so long. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Passes so many bytes of a request, a hundred times a second. */
  | { readonly kind: 'throttle'; readonly bytesPerTick: number }
  /** Passes the request whole, waits for the answer, and breaks the connection in its place: the load is committed by then. */
  | { readonly kind: 'cut before answer' }
  /** Breaks the connection after so many bytes of the request, its head included. */
  | { readonly kind: 'cut in request'; readonly afterBytes: number }
  /** Passes so many bytes of the answer, then breaks the connection. */
  | { readonly kind: 'cut in answer'; readonly afterBytes: number };

const tickMs = 10;

/** Stands between collector and warehouse, and breaks what passes as it is told. Counts what it has broken. */
export class FaultProxy {
  /** The fault that requests which begin now meet, if they carry a load; all others pass. */
  fault: ProxyFault = { kind: 'none' };
  /** Loads that met a fault. */
  faults = 0;
  /** Loads that passed whole. */
  passed = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens; `target` may start to listen later. */
  static async start(target: () => number): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const proxy = new FaultProxy(server, address.port);
    server.on('connection', (client) => proxy.#serve(client, target()));
    onTestFinished(() => proxy.close());
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #serve(client: Socket, port: number): void {
    const warehouse = new Socket();
    warehouse.connect(port, '127.0.0.1');
    const cut = () => {
      // As a cable that is pulled: a reset, no orderly end.
      client.resetAndDestroy();
      warehouse.destroy();
    };
    for (const socket of [client, warehouse]) {
      this.#sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    const passage = new Passage(client, warehouse, cut);
    client.on('data', (chunk) => {
      if (passage.begins) passage.fault = this.#faultOf(chunk);
      passage.request(chunk);
    });
    warehouse.on('data', (chunk) => passage.answer(chunk));
  }

  /** The fault that a request meets, by its first bytes. */
  #faultOf(head: Buffer): ProxyFault {
    if (!isLoad(head)) return { kind: 'none' };
    if (this.fault.kind === 'none') this.passed++;
    else this.faults++;
    return this.fault;
  }
}

/** Whether bytes are the head of a load: the statement stands in the address. */
function isLoad(chunk: Buffer): boolean {
  const head = chunk.subarray(0, 16_384).toString('latin1');
  return head.startsWith('POST ') && /INSERT(\+|%20)INTO(\+|%20)telemetry\.intake/i.test(head);
}

/** One connection: requests and answers take turns on it. */
class Passage {
  fault: ProxyFault = { kind: 'none' };
  /** Whether the next bytes from the client begin a request. */
  begins = true;
  readonly #client: Socket;
  readonly #warehouse: Socket;
  readonly #cut: () => void;
  #requestBytes = 0;
  #answerBytes = 0;

  constructor(client: Socket, warehouse: Socket, cut: () => void) {
    this.#client = client;
    this.#warehouse = warehouse;
    this.#cut = cut;
  }

  request(chunk: Buffer): void {
    this.begins = false;
    this.#answerBytes = 0;
    const { fault } = this;
    if (fault.kind === 'throttle') {
      void this.#throttle(chunk, fault.bytesPerTick);
      return;
    }
    if (fault.kind === 'cut in request' && this.#requestBytes + chunk.length >= fault.afterBytes) {
      this.#warehouse.write(chunk.subarray(0, fault.afterBytes - this.#requestBytes), this.#cut);
      return;
    }
    this.#requestBytes += chunk.length;
    pass(chunk, this.#client, this.#warehouse);
  }

  answer(chunk: Buffer): void {
    const { fault } = this;
    this.begins = true;
    this.#requestBytes = 0;
    if (fault.kind === 'cut before answer') this.#cut();
    else if (fault.kind === 'delay') setTimeout(() => this.#client.write(chunk), fault.delayMs);
    else if (fault.kind === 'cut in answer' && this.#answerBytes + chunk.length >= fault.afterBytes) {
      this.#client.write(chunk.subarray(0, fault.afterBytes - this.#answerBytes), this.#cut);
    } else {
      this.#answerBytes += chunk.length;
      pass(chunk, this.#warehouse, this.#client);
    }
  }

  async #throttle(chunk: Buffer, bytesPerTick: number): Promise<void> {
    this.#client.pause();
    for (let start = 0; start < chunk.length && !this.#warehouse.destroyed; start += bytesPerTick) {
      this.#warehouse.write(chunk.subarray(start, start + bytesPerTick));
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    this.#client.resume();
  }
}

/** Writes to a socket; reads no more from the other until it has taken it. */
function pass(chunk: Buffer, from: Socket, to: Socket): void {
  if (to.write(chunk)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
