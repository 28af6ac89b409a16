import { isIP } from 'node:net';
import { WarehouseError } from '../warehouse-error.ts';

export type ListenAddress = { readonly host: string; readonly port: number };

/**
 * Reads `host:port`; an IPv6 host is in brackets, port 0 lets the system choose.
 *
 * @throws WarehouseError `address-unusable`.
 */
export function parseListenAddress(address: string): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw new WarehouseError(
      'address-unusable',
      `${JSON.stringify(address)} is not an address to listen on: write host:port, such as 127.0.0.1:8123 or [::1]:8123.`,
    );
  }
  return { host, port };
}

/** `host:port` again. */
export function formatAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost');
}
