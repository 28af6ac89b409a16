import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Server } from 'node:net';
import type { PartialMessages } from './partial-messages.ts';

/** What bounds the connections of the gRPC port; see `limits.ts`. */
export interface ConnectionBounds {
  readonly connectionsMax: number;
  /** HTTP/2 streams of all connections, also those whose call is over while the client has not closed its side. */
  readonly streamsOpenMax: number;
  readonly compressedCallsMax: number;
  readonly partialMessages: PartialMessages;
}

/** Node tells here of every server that begins to listen: the gRPC library has no option for what its sockets may take. */
const LISTEN_CHANNEL = 'tracing:net.server.listen:asyncStart';

/** Runs `listen`, and bounds the connections of the servers that it opens. */
export async function boundConnections<Result>(
  bounds: ConnectionBounds,
  listen: () => Promise<Result>,
): Promise<Result> {
  const onListen = (message: unknown) => {
    const { server } = message as { server: unknown };
    if (server instanceof Server) boundServer(server as unknown as Http2Server, bounds);
  };
  subscribe(LISTEN_CHANNEL, onListen);
  try {
    return await listen();
  } finally {
    unsubscribe(LISTEN_CHANNEL, onListen);
  }
}

function boundServer(server: Http2Server, bounds: ConnectionBounds): void {
  server.maxConnections = bounds.connectionsMax;
  let streamsOpen = 0;
  let compressedCalls = 0;
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    // What a gRPC client makes RESOURCE_EXHAUSTED of.
    const end = () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    streamsOpen++;
    const incoming = bounds.partialMessages.enter(end);
    stream.once('close', () => {
      streamsOpen--;
      incoming.leave();
    });
    stream.once('finish', () => {
      // A status and nothing before it: the call was refused, and what else comes of it is of no use.
      if (stream.sentHeaders?.['grpc-status'] !== undefined) stream.close(constants.NGHTTP2_NO_ERROR);
    });
    if (streamsOpen > bounds.streamsOpenMax) return end();
    if ((headers['grpc-encoding'] ?? 'identity') !== 'identity') {
      stream.once('close', () => compressedCalls--);
      if (++compressedCalls > bounds.compressedCallsMax) return end();
    }
    // The library has paused the stream and reads when it wants to; this listener only looks on.
    stream.on('data', (chunk: Buffer) => incoming.receive(chunk));
    return undefined;
  });
}
