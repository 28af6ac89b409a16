import { randomBytes } from 'node:crypto';
import { makeAccessKey } from '@telemetry/warehouse';

/** Where `serve` hands its services the key of the run: not in an argument, which every process of the machine can read. */
export const SERVICE_KEY_VARIABLE = 'TELEMETRY_SERVICE_KEY';

/** Where a collector finds the key of its warehouse, if it is not in the URL. */
export const WAREHOUSE_KEY_VARIABLE = 'TELEMETRY_WAREHOUSE_KEY';

/** A key for the services of one run. */
export function newServiceKey(): string {
  const facts = { role: 'service', name: 'telemetry serve', products: 'all', createdAt: '' } as const;
  return makeAccessKey(facts, randomBytes).text;
}

/** Takes a key out of the environment, so that no process started from here inherits it. */
export function takeKey(variable: typeof SERVICE_KEY_VARIABLE | typeof WAREHOUSE_KEY_VARIABLE): string | undefined {
  const key = process.env[variable];
  delete process.env[variable];
  return key;
}
