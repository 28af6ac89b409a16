import { FairBound } from '../fairness/fair-bound.ts';
import * as limits from '../limits.ts';
import type { ConnectionBounds } from './bound-connections.ts';
import { CallLoad } from './call-load.ts';
import { PartialMessages } from './partial-messages.ts';
import type { RetryDelay } from './retry-delay.ts';

/** What bounds the load that clients can put on the gRPC port, whatever they send. */
export interface GrpcLoad {
  readonly calls: CallLoad;
  readonly connections: ConnectionBounds;
  /** The same calls, shared among keys. */
  readonly sharedCalls: FairBound;
  readonly retryDelay: RetryDelay;
}

/**
 * The load of a gRPC port, bounded by `limits.ts`.
 *
 * @param knownSharers ingest keys in force
 */
export function grpcLoad(retryDelay: RetryDelay, knownSharers: () => number): GrpcLoad {
  const callBounds = { callsOpenMax: limits.GRPC_CALLS_OPEN_MAX, requestTimeoutMs: limits.GRPC_REQUEST_TIMEOUT_MS };
  return {
    calls: new CallLoad(callBounds, retryDelay),
    sharedCalls: new FairBound(limits.GRPC_CALLS_OPEN_MAX, knownSharers),
    retryDelay,
    connections: {
      connectionsMax: limits.GRPC_CONNECTIONS_MAX,
      streamsOpenMax: limits.GRPC_STREAMS_OPEN_MAX,
      compressedCallsMax: limits.GRPC_COMPRESSED_CALLS_MAX,
      partialMessages: new PartialMessages(limits.GRPC_PARTIAL_SIZE_BYTES_MAX),
    },
  };
}
