import { isIP } from 'node:net';
import type { ServerCredentials } from '@grpc/grpc-js';
import type { Server } from 'nice-grpc';
import { StartError } from '../start-error.ts';
import { boundConnections, type ConnectionBounds } from './bound-connections.ts';

/** Splits `host:port`, with IPv6 hosts in brackets. Throws `StartError` naming `option` when it is neither. */
export function parseAddress(address: string, option: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(address);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    throw new StartError(
      `${option}: "${address}" is not an address. Write host:port, such as 127.0.0.1:4400; port 0 takes a free one.`,
    );
  }
  return { host: match[1], port };
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** Binds the server, with its connections bounded; returns `host:port` as bound. Throws `StartError` when the port is taken. */
export async function listen(
  server: Server,
  address: string,
  option: string,
  credentials: ServerCredentials,
  bounds: ConnectionBounds,
): Promise<string> {
  const { host } = parseAddress(address, option);
  try {
    const port = await boundConnections(bounds, () => server.listen(address, credentials));
    return `${host}:${port}`;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `${option}: cannot listen on ${address} (${detail}). Stop what uses it, or choose another address; port 0 takes a free one.`,
      cause,
    );
  }
}
