import { type Bundle, bundle } from './bundle.ts';

/** Gzipped bytes that the client may have in a browser: 30 KiB. */
export const clientGzipBytesMax = 30 * 1024;

/** What an application gets that creates a client in a browser, with nothing around it. */
export function clientBundle(): Promise<Bundle> {
  return bundle(`export { createTelemetry } from '@telemetry/client';`);
}
