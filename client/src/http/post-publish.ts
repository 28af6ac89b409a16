/** Where batches are posted to. */
export interface PublishTarget {
  /** Address of the web port. */
  readonly address: string;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestTimeoutMs: number;
  readonly fetch: typeof fetch;
}

/** Posts a `PublishRequest`: a `Publish` in the protocol of Connect. */
export function postPublish(
  { address, headers, requestTimeoutMs, fetch }: PublishTarget,
  body: Uint8Array<ArrayBuffer>,
  init: Pick<RequestInit, 'signal' | 'keepalive'>,
): Promise<Response> {
  return fetch(`${address}/telemetry.v1.CollectorService/Publish`, {
    method: 'POST',
    headers: {
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      'connect-timeout-ms': String(requestTimeoutMs),
      ...headers,
    },
    body,
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    ...init,
  });
}
