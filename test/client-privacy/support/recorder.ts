import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Stands between a client and a collector, and records every byte that the client sends. Refuses connections until it is opened, so that a
 * client can be watched while it has no network.
 */
export class Recorder {
  /** What is done with what the client sends: it is passed on, or kept from the collector without a word. */
  mode: 'forward' | 'swallow' = 'forward';
  #target: string | undefined;
  readonly #chunks: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#take(socket));

  static async start(): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    onTestFinished(() => {
      recorder.#server.close();
      recorder.cut();
    });
    return recorder;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All that the client has sent so far. */
  get recorded(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** From now on connections lead to this collector. */
  open(address: string): void {
    this.#target = address;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  #take(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#target === undefined) {
      socket.destroy();
      return;
    }
    const [host, port] = this.#target.split(':');
    const behind = connect(Number(port), host);
    behind.on('error', () => socket.destroy());
    behind.on('close', () => socket.destroy());
    for (const each of [socket, behind]) {
      this.#sockets.add(each);
      each.on('close', () => this.#sockets.delete(each));
    }
    socket.on('close', () => behind.destroy());
    behind.on('data', (chunk) => socket.write(chunk));
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      if (this.mode === 'forward') {
        behind.write(chunk);
      }
    });
  }
}
