import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AckSchema,
  Durability,
  Encoding,
  type EventBatch,
  EventBatchSchema,
  GetBlacklistResponseSchema,
  Outcome,
  PublishRequestSchema,
  PublishResponseSchema,
} from '@telemetry/gen';
import { onTestFinished } from 'vitest';

/** What a client hears that has the blacklist in force. */
const unchangedBlacklist = toBinary(
  GetBlacklistResponseSchema,
  create(GetBlacklistResponseSchema, { result: { case: 'notModifiedVersion', value: 0n } }),
);

/** A batch as it came over HTTP. */
export interface WebArrival {
  readonly batch: EventBatch;
  readonly attempt: number;
  readonly sealedBytes: Uint8Array;
  readonly headers: IncomingHttpHeaders;
  /** Requests that were open when it came, itself included. */
  readonly open: number;
}

/** Answers a request; undefined: as a collector that takes it. */
export type WebAnswer = (response: ServerResponse, arrival: WebArrival, index: number) => void | Promise<void>;

/** A receiver of `Publish` over HTTP on a real socket, which answers what it is told. Ends with the test. */
export class WebReceiver {
  answer: WebAnswer = (response) => accept(response);
  readonly arrivals: WebArrival[] = [];
  #open = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      if (!request.url?.endsWith('/Publish')) {
        answerWith(response, 200, 'application/proto', unchangedBlacklist);
        return;
      }
      this.#open += 1;
      response.once('close', () => {
        this.#open -= 1;
      });
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { content, attempt } = fromBinary(PublishRequestSchema, Buffer.concat(chunks));
      if (content.case !== 'sealed') throw new Error('not a sealed batch');
      const { encoding, bytes } = content.value;
      const batch = fromBinary(EventBatchSchema, encoding === Encoding.GZIP ? gunzipSync(bytes) : bytes);
      const arrival = { batch, attempt, sealedBytes: bytes, headers: request.headers, open: this.#open };
      this.arrivals.push(arrival);
      await this.answer(response, arrival, this.arrivals.length - 1);
    });
  }

  static async start(): Promise<WebReceiver> {
    const receiver = new WebReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      receiver.#server.closeAllConnections();
      receiver.#server.close();
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** Answers as a collector that has taken the batch. */
export function accept(response: ServerResponse, ack: MessageInitShape<typeof AckSchema> = {}): void {
  const taken = { outcome: Outcome.ACCEPTED, durability: Durability.SPOOLED, ...ack };
  const message = create(PublishResponseSchema, { ack: taken });
  answerWith(response, 200, 'application/proto', toBinary(PublishResponseSchema, message));
}

/** Answers with what is given. */
export function answerWith(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': contentType, ...headers });
  response.end(body);
}
