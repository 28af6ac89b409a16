import { once } from 'node:events';
import { constants, createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AckSchema,
  Durability,
  Outcome,
  PublishStreamRequestSchema,
  PublishStreamResponseSchema,
} from '@telemetry/gen';
import { type Arrival, CollectorHoldings } from '../../client/support/collector-holdings.ts';
import { frame, MessageReader } from '../../support/grpc-messages.ts';

type AckFields = MessageInitShape<typeof AckSchema>;

const publishPath = '/telemetry.v1.CollectorService/PublishStream';

/** A batch, and its place on the stream. */
export interface RawArrival extends Arrival {
  readonly requestIndex: bigint;
}

/** One call, to be answered byte by byte. */
export class RawCall {
  readonly stream: ServerHttp2Stream;
  readonly session: Http2Session;
  readonly socket: Socket;
  readonly #collector: RawCollector;

  constructor(collector: RawCollector, stream: ServerHttp2Stream, session: Http2Session, socket: Socket) {
    this.#collector = collector;
    this.stream = stream;
    this.session = session;
    this.socket = socket;
  }

  /** Takes the batches and says so. */
  accept(arrivals: readonly RawArrival[]): void {
    this.sendAcks(arrivals.map((arrival) => this.ackOf(arrival)));
  }

  /** Takes the batch; what to say of it. */
  ackOf(arrival: RawArrival): AckFields {
    const outcome = this.#collector.keep(arrival) ? Outcome.ACCEPTED : Outcome.DUPLICATE;
    return { requestIndex: arrival.requestIndex, outcome, durability: Durability.SPOOLED };
  }

  sendAcks(acks: readonly AckFields[]): void {
    this.sendMessage(toBinary(PublishStreamResponseSchema, create(PublishStreamResponseSchema, { acks: [...acks] })));
  }

  /** Sends a message of these bytes, whatever they are. */
  sendMessage(bytes: Uint8Array, { compressed = false, claimedBytes = bytes.length } = {}): void {
    this.respond();
    this.stream.write(frame(bytes, compressed, claimedBytes));
  }

  /** Sends the headers of a gRPC answer, unless they were sent. */
  respond(headers: Record<string, string> = {}): void {
    if (!this.stream.headersSent) {
      const all = { ':status': 200, 'content-type': 'application/grpc+proto', ...headers };
      this.stream.respond(all, { waitForTrailers: true });
    }
  }

  /** Ends the stream with a status; without trailers when none is given. */
  end(status?: number): void {
    this.respond();
    this.stream.once('wantTrailers', () =>
      status === undefined ? this.stream.close() : this.stream.sendTrailers({ 'grpc-status': String(status) }),
    );
    this.stream.end();
  }
}

/** A collector on bare HTTP/2, for what no gRPC server can be brought to do. Takes everything unless told otherwise. */
export class RawCollector extends CollectorHoldings {
  /** What is done with the batches of a message. Default: they are taken. */
  onMessage: (call: RawCall, arrivals: readonly RawArrival[]) => void = (call, arrivals) => call.accept(arrivals);
  /** Whether a stream is read. Default: each is. */
  reads: (stream: number) => boolean = () => true;
  /** Hears of each stream. */
  onStream: (call: RawCall, stream: number) => void = () => {};
  connections = 0;
  streams = 0;
  /** Length of the largest message. */
  messageBytesMax = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Http2Server = createServer();
  readonly #socketOf = new WeakMap<Http2Session, Socket>();

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    let newest: Socket | undefined;
    this.#server.prependListener('connection', (socket: Socket) => {
      this.connections += 1;
      newest = socket;
      this.#sockets.add(socket);
      socket.on('error', () => {});
    });
    this.#server.on('session', (session) => {
      session.on('error', () => {});
      if (newest !== undefined) {
        this.#socketOf.set(session, newest);
      }
    });
    this.#server.on('stream', (stream, headers) => {
      if (headers[':path'] === publishPath) {
        this.#read(stream);
      } else {
        // It has no blacklist.
        stream.on('error', () => {});
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
          { endStream: true },
        );
      }
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  kill(): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  #read(stream: ServerHttp2Stream): void {
    const number = this.streams++;
    const { session } = stream;
    const socket = session === undefined ? undefined : this.#socketOf.get(session);
    if (session === undefined || socket === undefined) {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      return;
    }
    const call = new RawCall(this, stream, session, socket);
    let requestIndex = 0n;
    const reader = new MessageReader();
    stream.on('error', () => {});
    this.onStream(call, number);
    if (!this.reads(number)) {
      return;
    }
    stream.on('data', (chunk: Buffer) => {
      for (const message of reader.read(chunk)) {
        this.messageBytesMax = Math.max(this.messageBytesMax, message.length);
        const { requests } = fromBinary(PublishStreamRequestSchema, message);
        const arrivals = requests.map((request) => ({
          ...this.arrive(request, number),
          requestIndex: requestIndex++,
        }));
        this.onMessage(call, arrivals);
      }
    });
    stream.on('end', () => {
      if (!stream.destroyed && !stream.writableEnded) {
        call.end(0);
      }
    });
  }
}
