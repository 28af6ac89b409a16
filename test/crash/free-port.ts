import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports below those that the system gives to outgoing connections: while a service is down between a kill and its restart, none of these
 * must take its port.
 */
const portMin = 15_000;
const portMax = 32_000;
const triesMax = 100;

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = portMin + Math.floor(Math.random() * (portMax - portMin));
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error(`No free port found between ${portMin} and ${portMax}.`);
}
