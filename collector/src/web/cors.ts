import type { IncomingMessage, ServerResponse } from 'node:http';
import { cors } from '@connectrpc/connect';
import { CORS_AGE_S_MAX } from '../limits.ts';

/** Stands for every origin in the list of those allowed. */
const ANY_ORIGIN = '*';

/**
 * Answers for the origin of a request, the site whose script sends it; programs other than browsers send none. Scripts of sites that are
 * not allowed are refused, and not only kept from reading the answer: a name that is made to point to this machine would otherwise let
 * any site send events.
 *
 * @returns whether the request may go on; if not, it is answered
 */
export function passOrigin(request: IncomingMessage, response: ServerResponse, allowed: readonly string[]): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (!allowed.includes(origin) && !allowed.includes(ANY_ORIGIN)) {
    const message = `Scripts of ${origin} may not use this port. Allow them with --web-allow-origin ${origin}.`;
    response.writeHead(403, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ code: 'permission_denied', message }));
    return false;
  }
  response.setHeader('Access-Control-Allow-Origin', origin);
  if (allowed.includes(origin)) {
    // Beacons always bring what the visitor has for this port, cookies and certificate, and browsers send them to those alone who say that it may come.
    // Nothing here makes anything of cookies; a certificate that is asked for says of a named site's page what it says of the visitor's own programs.
    response.setHeader('Access-Control-Allow-Credentials', 'true');
  }
  response.setHeader('Vary', 'Origin');
  response.setHeader('Access-Control-Expose-Headers', cors.exposedHeaders.join(', '));
  if (request.method !== 'OPTIONS') return true;
  response.setHeader('Access-Control-Allow-Methods', cors.allowedMethods.join(', '));
  response.setHeader('Access-Control-Allow-Headers', [...cors.allowedHeaders, 'Authorization'].join(', '));
  response.setHeader('Access-Control-Max-Age', String(CORS_AGE_S_MAX));
  response.writeHead(204);
  response.end();
  return false;
}
