import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseAddress } from '../service/listen.ts';
import { StartError } from '../start-error.ts';

/** Binds the web port; returns `host:port` as bound. Throws `StartError` when the port is taken. */
export async function listenWeb(server: Server, address: string, option: string): Promise<string> {
  const { host, port } = parseAddress(address, option);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `${option}: cannot listen on ${address} (${detail}). Stop what uses it, or choose another address; port 0 takes a free one.`,
      cause,
    );
  }
  return `${host}:${(server.address() as AddressInfo).port}`;
}

/** Stops the web port: answers what is asked, within the time, then cuts what is left. */
export async function closeWeb(server: Server, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
