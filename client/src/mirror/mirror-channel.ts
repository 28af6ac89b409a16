import { Durability, Encoding, Outcome } from '@telemetry/gen/constants';
import type { Channel, ChannelConnection, ConnectionListener } from '../channel.ts';
import { ChannelError, toError } from '../errors.ts';
import { gunzip } from '../gzip.ts';
import type { SealedBatch } from '../seal-batch.ts';
import { type Ack, emptyAck } from '../wire/decode-acks.ts';
import { MirrorFile } from './mirror-file.ts';

/**
 * A channel that writes what it gets into a file: beside a collector, a second receiver that `telemetry verify` compares with it. The file is a
 * row of length-delimited `EventBatch` messages, which every implementation of protobuf reads; batches are acknowledged when they are
 * on disk. It grows without bound, since it is made for tests.
 *
 * @param path the file; made when it is missing, gone on with when it is there.
 */
export function mirrorChannel(path: string): Channel {
  const file = new MirrorFile(path);
  return {
    name: path,
    connect: (listener) => new MirrorConnection(file, path, listener),
    close: () => file.close(),
  };
}

class MirrorConnection implements ChannelConnection {
  readonly congested = false;
  readonly #file: MirrorFile;
  readonly #path: string;
  readonly #listener: ConnectionListener;
  #batches: SealedBatch[] = [];
  #nextIndex = 0;
  #ended = false;
  /** Writes go one behind the other. */
  #work: Promise<void>;

  constructor(file: MirrorFile, path: string, listener: ConnectionListener) {
    this.#file = file;
    this.#path = path;
    this.#listener = listener;
    this.#work = this.#do(async () => {
      await file.open();
      this.#tell(() => listener.onOpen());
    });
  }

  send(batch: SealedBatch): void {
    this.#batches.push(batch);
  }

  flush(): void {
    const batches = this.#batches;
    this.#batches = [];
    this.#work = this.#work.then(() => this.#do(() => this.#write(batches)));
  }

  end(): void {
    this.#work = this.#work.then(() => this.#end(undefined));
  }

  abort(): void {
    queueMicrotask(() => this.#end(new ChannelError(`${this.#path}: given up`, { kind: 'retryable' })));
  }

  async #write(batches: readonly SealedBatch[]): Promise<void> {
    if (this.#ended) {
      return;
    }
    await this.#file.append(batches.map(({ encoding, bytes }) => (encoding === Encoding.GZIP ? gunzip(bytes) : bytes)));
    const acks: Ack[] = batches.map(({ eventCount }) => ({
      ...emptyAck(this.#nextIndex++),
      outcome: Outcome.ACCEPTED,
      durability: Durability.STORED,
      acceptedEvents: eventCount,
    }));
    this.#tell(() => this.#listener.onAcks(acks));
  }

  async #do(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#end(new ChannelError(`${this.#path}: ${toError(error).message}`, { kind: 'retryable', cause: error }));
    }
  }

  #tell(call: () => void): void {
    if (!this.#ended) {
      call();
    }
  }

  #end(error: ChannelError | undefined): void {
    this.#tell(() => {
      this.#ended = true;
      this.#listener.onEnd(error);
    });
  }
}
