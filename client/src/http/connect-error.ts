import type { PublishError } from '../refused-publish.ts';
import { decodeErrorDetail, type ErrorDetails } from '../wire/decode-error-details.ts';
import { codeOfHttpStatus } from './connect-code.ts';

/**
 * Reads an answer that is no success, an error as Connect sends it, in JSON: https://connectrpc.com/docs/protocol#error-end-stream. One that is
 * not of Connect gets the code that its HTTP status stands for.
 */
export function readConnectError(httpStatus: number, body: Uint8Array): PublishError {
  const error = parse(new TextDecoder().decode(body));
  const code = typeof error?.['code'] === 'string' ? error['code'] : codeOfHttpStatus(httpStatus);
  const message = typeof error?.['message'] === 'string' ? error['message'] : `HTTP status ${httpStatus}`;
  return { code, message, ...readDetails(error?.['details']) };
}

/** What is no object has none of the properties of an error. */
function parse(text: string): Record<string, unknown> | null | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{ type, value }`, the value a serialized message in base64. What cannot be read is not there. */
function readDetails(details: unknown): ErrorDetails {
  const found: ErrorDetails = {};
  for (const detail of Array.isArray(details) ? (details as unknown[]) : []) {
    const { type, value } = (detail ?? {}) as { type?: unknown; value?: unknown };
    if (typeof type === 'string' && typeof value === 'string') {
      try {
        decodeErrorDetail(
          type,
          Uint8Array.from(atob(value), (character) => character.charCodeAt(0)),
          found,
        );
      } catch {
        // The code was told all the same, and the client's own backoff does the rest.
      }
    }
  }
  return found;
}
