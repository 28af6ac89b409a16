import { BlacklistService } from '@telemetry/gen';
import { type GrpcService, grpcService } from '@telemetry/gen/grpc-service';
import {
  ChannelCredentials,
  type Client,
  ClientError,
  createChannel,
  createClient,
  type Metadata,
  Metadata as makeMetadata,
  Status,
} from 'nice-grpc';
import { GRPC_MESSAGE_SIZE_BYTES_MAX } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { type CallerOptions, callerTls } from './caller-options.ts';

/** Which collector to call, and as whom. */
export interface CollectorOptions extends CallerOptions {
  readonly grpcAddress: string;
}

/** The service of the blacklist, as a command calls it. */
export type BlacklistClient = Client<GrpcService<typeof BlacklistService>>;

/** A collector answers at once, or after it has asked its warehouse, for which it has ten seconds, twice. */
const CALL_TIMEOUT_MS = 30_000;

/** Runs `work` with a client of the collector, and says what to do when nobody answers there, or what was asked cannot be done. */
export async function withBlacklistClient<Result>(
  options: CollectorOptions,
  work: (client: BlacklistClient, options: { signal: AbortSignal; metadata: Metadata }) => Promise<Result>,
): Promise<Result> {
  const { grpcAddress: address, key } = options;
  const tls = callerTls(options);
  const credentials =
    tls === undefined ? undefined : ChannelCredentials.createSsl(tls.ca, tls.privateKey, tls.certificate);
  const channel = createChannel(address, credentials, {
    'grpc.max_receive_message_length': GRPC_MESSAGE_SIZE_BYTES_MAX,
    'grpc.max_send_message_length': GRPC_MESSAGE_SIZE_BYTES_MAX,
  });
  const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
  try {
    const metadata = makeMetadata(key === undefined ? {} : { authorization: `Bearer ${key}` });
    return await work(createClient(grpcService(BlacklistService), channel), { signal, metadata });
  } catch (error) {
    throw toStartError(error, address, signal);
  } finally {
    channel.close();
  }
}

function toStartError(error: unknown, address: string, signal: AbortSignal): unknown {
  if (signal.aborted) {
    const message = `The collector at ${address} did not answer within ${CALL_TIMEOUT_MS / 1000} s. What was asked may have been done: \`telemetry blacklist history\` tells.`;
    return new StartError(message, error);
  }
  if (!(error instanceof ClientError)) return error;
  // What the collector says of itself comes in words; what the transport says begins with its own.
  if (error.code === Status.UNAVAILABLE && /^No connection established|ECONN|connect/i.test(error.details)) {
    const message = `No collector answers at ${address} (${error.details}). Start one with \`telemetry serve\`, or name it with --grpc-address.`;
    return new StartError(message, error);
  }
  const isAboutKey = error.code === Status.UNAUTHENTICATED || error.code === Status.PERMISSION_DENIED;
  return new StartError(isAboutKey ? `${error.details} Give it with --key.` : error.details, error);
}
