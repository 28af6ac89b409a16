import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { fromBinary } from '@bufbuild/protobuf';
import { anyIs } from '@bufbuild/protobuf/wkt';
import { RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';

/** How a call ended. */
export interface CallEnd {
  /** Undefined when the call was reset without a status. */
  readonly grpcStatus: number | undefined;
  readonly message: string;
  readonly hasRetryInfo: boolean;
  readonly resetCode: number;
}

/** A call as HTTP/2 has it, so that it can be left half done. */
export interface RawCall {
  readonly stream: ClientHttp2Stream;
  readonly ended: Promise<CallEnd>;
}

/** Connects; resolves when the server has said its settings. */
export async function openSession(address: string): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

/** Opens a call, of `CollectorService` unless `path` is of another one, of which nothing but the headers is sent. */
export function openCall(
  session: ClientHttp2Session,
  method: string,
  headers: Record<string, string> = {},
  path = '/telemetry.v1.CollectorService/',
): RawCall {
  const stream = session.request({
    ':method': 'POST',
    ':path': path + method,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let said: Record<string, unknown> = {};
  const note = (some: Record<string, unknown>) => {
    said = { ...said, ...some };
  };
  stream
    .on('response', note)
    .on('trailers', note)
    .on('error', () => {});
  stream.resume();
  const ended = new Promise<CallEnd>((resolve) => {
    stream.once('close', () => {
      const details = said['grpc-status-details-bin'];
      const rich =
        typeof details === 'string'
          ? fromBinary(StatusSchema, Uint8Array.from(Buffer.from(details, 'base64')))
          : undefined;
      resolve({
        grpcStatus: said['grpc-status'] === undefined ? undefined : Number(said['grpc-status']),
        message: decodeURI(String(said['grpc-message'] ?? '')),
        hasRetryInfo: rich?.details.some((any) => anyIs(any, RetryInfoSchema)) ?? false,
        resetCode: stream.rstCode ?? 0,
      });
    });
  });
  return { stream, ended };
}

/** A `PublishStream` call of which nothing is ever read; its session takes no more than the 64 KiB that HTTP/2 begins with. */
export function openUnreadStream(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/telemetry.v1.CollectorService/PublishStream',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return stream.on('error', () => {});
}
