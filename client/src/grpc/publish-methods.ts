import { CollectorService } from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import { type Ack, decodeAcks } from '../wire/decode-acks.ts';

const { publish, publishStream } = grpcService(CollectorService);

const rawMessages = {
  requestSerialize: (bytes: Uint8Array): Uint8Array => bytes,
  requestDeserialize: (bytes: Uint8Array): Uint8Array => bytes,
  responseSerialize: unused,
  responseDeserialize: (bytes: Uint8Array): Ack[] => decodeAcks(bytes),
  options: {},
};

/** The calls that bring batches, for messages that are encoded already, with acknowledgements decoded by hand: no object is built for a batch. */
export const rawPublishService = {
  publishStream: {
    ...rawMessages,
    path: publishStream.path,
    requestStream: true as const,
    responseStream: true as const,
  },
  publish: {
    ...rawMessages,
    path: publish.path,
    requestStream: false as const,
    responseStream: false as const,
  },
};

/** The client reads acknowledgements and never writes them. */
function unused(_acks: Ack[]): Uint8Array {
  throw new TypeError('the calls that bring batches are not served from here');
}
