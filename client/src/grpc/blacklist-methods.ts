import { BlacklistService } from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import { listOfResponse } from '../blacklist/blacklist-messages.ts';

const { getBlacklist, watchBlacklist } = grpcService(BlacklistService);

const rawMessages = {
  requestStream: false as const,
  requestSerialize: (bytes: Uint8Array): Uint8Array => bytes,
  requestDeserialize: (bytes: Uint8Array): Uint8Array => bytes,
  responseSerialize: unused,
  responseDeserialize: listOfResponse,
  options: {},
};

/** The calls that read the blacklist, for lists that stay bytes: they are kept as they came. */
export const rawBlacklistService = {
  getBlacklist: { ...rawMessages, path: getBlacklist.path, responseStream: false as const },
  watchBlacklist: { ...rawMessages, path: watchBlacklist.path, responseStream: true as const },
};

/** The client reads lists and never serves them. */
function unused(_list: Uint8Array | undefined): Uint8Array {
  throw new TypeError('the blacklist is not served from here');
}
