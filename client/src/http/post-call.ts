/** Where calls are posted to. */
export interface CallTarget {
  /** Address of the web port. */
  readonly address: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestTimeoutMs: number;
  readonly fetch: typeof fetch;
}

/** The call that brings a batch. */
export const publishMethod = 'CollectorService/Publish';

/** @param method with its service: "CollectorService/Publish". */
export function callUrl(address: string, method: string): string {
  return `${address}/telemetry.v1.${method}`;
}

/**
 * Posts a call in the protocol of Connect.
 *
 * @param method with its service: "CollectorService/Publish".
 */
export function postCall(
  { address, headers, requestTimeoutMs, fetch }: CallTarget,
  method: string,
  body: Uint8Array<ArrayBuffer>,
  init: Pick<RequestInit, 'signal' | 'keepalive'>,
): Promise<Response> {
  return fetch(`${address}/telemetry.v1.${method}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      'connect-timeout-ms': String(requestTimeoutMs),
      ...headers,
    },
    body,
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    ...init,
  });
}
