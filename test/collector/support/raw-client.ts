import { fromBinary } from '@bufbuild/protobuf';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { type Ack, PublishResponseSchema, PublishStreamResponseSchema } from '@telemetry/gen';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';
import { field } from './batches.ts';

const PATH = '/telemetry.v1.CollectorService';
const same = (bytes: Buffer): Buffer => bytes;
const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

/** A gRPC error with its details decoded. */
export interface RichError {
  readonly code: status;
  readonly message: string;
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly violations: readonly { field: string; description: string; reason: string }[];
  readonly retryDelayMs: number | undefined;
}

/** A client that sends the bytes it is given, whatever they are. */
export class RawClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param key sent with every call */
  constructor(address: string, key?: string, channelCredentials: ChannelCredentials = credentials.createInsecure()) {
    if (key !== undefined) this.#metadata.set('authorization', `Bearer ${key}`);
    this.#client = new Client(address, channelCredentials, {
      'grpc.max_receive_message_length': 4 * 1024 * 1024,
    });
  }

  /** One unary call, bytes in, bytes out. */
  call(path: string, request: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        toBuffer,
        same,
        request,
        this.#metadata,
        { deadline: Date.now() + 20_000 },
        (error, response) => {
          if (error !== null) reject(error);
          else if (response === undefined) reject(new Error('no response'));
          else resolve(response);
        },
      );
    });
  }

  /** Publishes; rejects with what gRPC said. */
  async publish(request: Uint8Array): Promise<Ack> {
    const { ack } = fromBinary(PublishResponseSchema, await this.call(`${PATH}/Publish`, request));
    if (ack === undefined) throw new Error('a response without an ack');
    return ack;
  }

  /** Publishes what must be refused. */
  async publishRefused(request: Uint8Array): Promise<RichError> {
    try {
      await this.publish(request);
    } catch (error) {
      return richError(error as ServiceError);
    }
    throw new Error('was not refused');
  }

  stream(): RawStream {
    return new RawStream(
      this.#client.makeBidiStreamRequest(`${PATH}/PublishStream`, toBuffer, same, this.#metadata, {
        deadline: Date.now() + 50_000,
      }),
    );
  }

  /** The first answer of a bidirectional call to one message. */
  streamOnce(path: string, request: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeBidiStreamRequest(path, toBuffer, same, { deadline: Date.now() + 20_000 });
      call.once('data', resolve);
      call.once('error', reject);
      call.end(request);
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** One `PublishStream` call. */
export class RawStream {
  readonly acks: Ack[] = [];
  /** Sizes in bytes of the messages that came. */
  readonly messageSizes: number[] = [];
  /** How the stream ended: undefined for OK. */
  readonly ended: Promise<RichError | undefined>;
  readonly #call: ClientDuplexStream<Uint8Array, Buffer>;
  #wake: (() => void) | undefined;

  constructor(call: ClientDuplexStream<Uint8Array, Buffer>) {
    this.#call = call;
    this.ended = new Promise((resolve) => {
      call.on('error', (error) => resolve(richError(error as ServiceError)));
      call.on('end', () => setImmediate(resolve, undefined));
    });
    void this.ended.then(() => this.#wake?.());
    call.on('data', (message: Buffer) => {
      this.messageSizes.push(message.length);
      this.acks.push(...fromBinary(PublishStreamResponseSchema, Uint8Array.from(message)).acks);
      this.#wake?.();
    });
  }

  /** Sends one message of requests. Resolves when there is room for the next. */
  send(...requests: Uint8Array[]): Promise<void> {
    return this.sendBytes(Buffer.concat(requests.map((request) => field(1, request))));
  }

  /** Sends one message of any bytes. */
  sendBytes(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#call.write(bytes)) resolve();
      else this.#call.once('drain', resolve);
    });
  }

  /** Says that no more comes. */
  end(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }

  pauseReading(): void {
    this.#call.pause();
  }

  resumeReading(): void {
    this.#call.resume();
  }

  /** Waits for so many acks in all, in order of their index; rejects when the stream ends before. */
  async nextAcks(count: number): Promise<readonly Ack[]> {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    while (this.acks.length < count) {
      if (isOver) throw new Error(`the stream ended after ${this.acks.length} of ${count} acks`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return [...this.acks].sort((a, b) => Number(a.requestIndex - b.requestIndex));
  }
}

/** A gRPC error with its details decoded. */
export function richError(error: ServiceError): RichError {
  const bytes = error.metadata?.get('grpc-status-details-bin')[0];
  const rich = bytes === undefined ? undefined : fromBinary(StatusSchema, Uint8Array.from(bytes as Buffer));
  if (rich !== undefined && (rich.code !== error.code || rich.message !== error.details)) {
    throw new Error(`the details say ${rich.code} ${rich.message}, the status says ${error.code} ${error.details}`);
  }
  const details: Any[] = rich?.details ?? [];
  const find = <Found>(decode: (any: Any) => Found | undefined) => details.map(decode).find((one) => one !== undefined);
  const info = find((any) => anyUnpack(any, ErrorInfoSchema));
  const delay = find((any) => anyUnpack(any, RetryInfoSchema))?.retryDelay;
  return {
    code: error.code,
    message: error.details,
    reason: info?.reason,
    domain: info?.domain,
    violations: find((any) => anyUnpack(any, BadRequestSchema))?.fieldViolations ?? [],
    retryDelayMs: delay === undefined ? undefined : Number(delay.seconds) * 1000 + delay.nanos / 1e6,
  };
}

export { status };
