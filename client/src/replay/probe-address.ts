import { connect } from 'node:net';
import { probeTimeoutMs } from './limits.ts';

/** Finds out, for people, why nothing can be sent to an address: gRPC says only that it cannot. */
export function probeAddress(address: string): Promise<string> {
  const { hostname, port } = new URL(address.includes('://') ? address : `http://${address}`);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
  socket.setTimeout(probeTimeoutMs, () => resolve('no answer'));
  socket.on('connect', () => resolve('something listens there, but does not answer as a collector'));
  socket.on('error', (error) => resolve(reasonOf(error)));
  return promise.finally(() => socket.destroy());
}

function reasonOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return reasons[code] ?? (error.message || 'it cannot be reached');
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer',
};
