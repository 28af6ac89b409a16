import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import type { Ack } from '@telemetry/client/relay';
import { ByteWriter } from '../../../client/src/wire/byte-writer.ts';
import { decodeAcks } from '../../../client/src/wire/decode-acks.ts';
import { writeStreamRequest } from '../../../client/src/wire/encode-publish-request.ts';
import type { BatchFactory } from './batch-factory.ts';

const PATH = '/telemetry.v1.CollectorService/PublishStream';
/** A message takes no more batches when it has this size: as the client library's. */
const MESSAGE_SIZE_BYTES_TARGET = 64 * 1024;
const CONNECT_TIMEOUT_MS = 30_000;

/** A batch that is to be sent. */
export interface Due {
  readonly number: number;
  /** When its wait began, by the monotonic clock. */
  readonly sinceMs: number;
  readonly attempt: number;
}

/** Who gives a stream its work. */
export interface StreamOwner {
  /** The next batch, or undefined when there is none now. */
  next(): Due | undefined;
  onAck(due: Due, ack: Ack): void;
  /** The stream ended before it was told to. */
  onBroken(error: Error): void;
}

/** One `PublishStream` call on a connection of its own, with a bounded number of batches in flight. */
export class LoadStream {
  readonly #owner: StreamOwner;
  readonly #factory: BatchFactory;
  readonly #windowBatches: number;
  readonly #client: Client;
  readonly #writer = new ByteWriter(2 * MESSAGE_SIZE_BYTES_TARGET);
  readonly #inFlight = new Map<number, Due>();
  #call: ClientDuplexStream<Uint8Array, Ack[]> | undefined;
  #nextIndex = 0;
  #isEnding = false;

  constructor(address: string, factory: BatchFactory, windowBatches: number, owner: StreamOwner) {
    this.#owner = owner;
    this.#factory = factory;
    this.#windowBatches = windowBatches;
    this.#client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#client.waitForReady(Date.now() + CONNECT_TIMEOUT_MS, (error) => (error ? reject(error) : resolve()));
    });
    const call = this.#client.makeBidiStreamRequest<Uint8Array, Ack[]>(PATH, Buffer.from, decodeAcks);
    call.on('data', (acks: Ack[]) => this.#onAcks(acks));
    call.on('error', (error: Error) => this.#onEnd(error));
    call.on('end', () => this.#onEnd(new Error('the collector ended a stream')));
    this.#call = call;
  }

  /** Sends what there is and the window has room for, in messages that hold many small batches. */
  pump(): void {
    while (this.#inFlight.size < this.#windowBatches) {
      const due = this.#owner.next();
      if (due === undefined) break;
      const batch = this.#factory.make(due.number);
      writeStreamRequest(this.#writer, batch.encoding, batch.bytes, due.attempt);
      this.#inFlight.set(this.#nextIndex++, due);
      if (this.#writer.length >= MESSAGE_SIZE_BYTES_TARGET) this.#flush();
    }
    this.#flush();
  }

  close(): void {
    this.#isEnding = true;
    this.#call?.end();
    this.#client.close();
  }

  #flush(): void {
    if (this.#writer.length === 0) return;
    this.#call?.write(this.#writer.copy());
    this.#writer.truncate(0);
  }

  #onAcks(acks: readonly Ack[]): void {
    for (const ack of acks) {
      const due = this.#inFlight.get(ack.requestIndex);
      if (due === undefined) continue;
      this.#inFlight.delete(ack.requestIndex);
      this.#owner.onAck(due, ack);
    }
    this.pump();
  }

  #onEnd(error: Error): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#owner.onBroken(error);
  }
}
