import * as limits from '../limits.ts';
import type { ConnectionBounds } from './bound-connections.ts';
import { CallLoad } from './call-load.ts';
import { PartialMessages } from './partial-messages.ts';
import type { RetryDelay } from './retry-delay.ts';

/** What bounds the load that clients can put on the gRPC port, whatever they send. */
export interface GrpcLoad {
  readonly calls: CallLoad;
  readonly connections: ConnectionBounds;
}

/** The load of a gRPC port, bounded by `limits.ts`. */
export function grpcLoad(retryDelay: RetryDelay): GrpcLoad {
  const callBounds = { callsOpenMax: limits.GRPC_CALLS_OPEN_MAX, requestTimeoutMs: limits.GRPC_REQUEST_TIMEOUT_MS };
  return {
    calls: new CallLoad(callBounds, retryDelay),
    connections: {
      connectionsMax: limits.GRPC_CONNECTIONS_MAX,
      streamsOpenMax: limits.GRPC_STREAMS_OPEN_MAX,
      compressedCallsMax: limits.GRPC_COMPRESSED_CALLS_MAX,
      partialMessages: new PartialMessages(limits.GRPC_PARTIAL_SIZE_BYTES_MAX),
    },
  };
}
