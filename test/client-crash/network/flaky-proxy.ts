import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * - `pass`: all is well.
 * - `refuse`: nobody listens, and what was open is reset.
 * - `cut`: what is open is reset once; new connections pass.
 * - `blackHole`: connections stand, and nothing moves.
 * - `loseAnswers`: what clients send goes on, and what they should get does not.
 * - `delay`: every piece waits.
 */
export type Weather = 'pass' | 'refuse' | 'cut' | 'blackHole' | 'loseAnswers' | 'delay';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

const delayMs = 60;

/** A network between clients and a collector, with weather. */
export class FlakyProxy {
  readonly #port: number;
  readonly #targetPort: () => number;
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #weather: Weather = 'pass';

  /** @param port a free one, which stays the same while nobody listens on it. */
  constructor(port: number, targetPort: () => number) {
    this.#port = port;
    this.#targetPort = targetPort;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    await this.#listen();
  }

  async setWeather(weather: Weather): Promise<void> {
    const before = this.#weather;
    this.#weather = weather;
    const swallowed = before === 'blackHole' || before === 'loseAnswers';
    if (weather === 'refuse' || weather === 'cut' || swallowed) {
      // What was swallowed does not come after all: the connection has a gap now.
      this.#resetAll();
    }
    if (weather === 'refuse') {
      await this.#unlisten();
    } else if (this.#server === undefined) {
      await this.#listen();
    }
  }

  async stop(): Promise<void> {
    this.#resetAll();
    await this.#unlisten();
  }

  async #listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (client) => this.#join(client));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const closed = once(server, 'close');
      server.close();
      await closed;
    }
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#targetPort(), host: '127.0.0.1', noDelay: true });
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on('error', () => this.#reset(pair));
      socket.on('close', () => this.#reset(pair));
    }
    client.on('data', (chunk) => this.#carry(server, chunk, this.#weather === 'blackHole'));
    server.on('data', (chunk) =>
      this.#carry(client, chunk, this.#weather === 'blackHole' || this.#weather === 'loseAnswers'),
    );
  }

  #carry(to: Socket, chunk: Buffer, isLost: boolean): void {
    if (isLost) {
      return;
    }
    if (this.#weather === 'delay') {
      setTimeout(() => to.destroyed || to.write(chunk), delayMs);
    } else {
      to.write(chunk);
    }
  }

  #resetAll(): void {
    for (const pair of this.#pairs) {
      this.#reset(pair);
    }
  }

  #reset(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  }
}
