import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import type { Channel, ChannelConnection, ConnectionListener } from '@telemetry/client';
import { ChannelError } from '@telemetry/client';
import { type MemoryChannel, memoryChannel } from '@telemetry/client/memory';
import { EventBatchSchema } from '@telemetry/gen';

/** What a channel was given, by number. */
interface Received {
  readonly stored: number[];
  readonly declared: Map<number, number>;
}

/** A channel to somebody who takes everything, or cannot be reached at all: as the test switches it. */
export class SwitchedChannel implements Channel {
  readonly name = 'switched';
  isOn: boolean;
  readonly attempts: number[] = [];
  readonly taken: MemoryChannel;
  readonly #connections = new Set<ChannelConnection>();

  constructor(isOn: boolean, taken: MemoryChannel = memoryChannel()) {
    this.isOn = isOn;
    this.taken = taken;
  }

  /** What came of a producer, or of all; sorted. */
  received(): Received {
    const stored: number[] = [];
    const declared = new Map<number, number>();
    for (const batch of this.taken.batches) {
      stored.push(...batch.events.map(({ seq }) => Number(seq)));
      for (const { firstSeq, lastSeq, reason } of batch.dropped) {
        for (let seq = Number(firstSeq); seq <= Number(lastSeq); seq++) {
          if (declared.has(seq)) throw new Error(`${seq} is declared twice`);
          declared.set(seq, reason);
        }
      }
    }
    const both = stored.filter((seq) => declared.has(seq));
    if (both.length > 0) throw new Error(`stored and declared: ${both.join(', ')}`);
    if (new Set(stored).size < stored.length) throw new Error('stored twice');
    return { stored: stored.sort((a, b) => a - b), declared };
  }

  connect(listener: ConnectionListener): ChannelConnection {
    if (!this.isOn) {
      return refusing(listener);
    }
    const connection = this.taken.connect(listener);
    this.#connections.add(connection);
    return {
      get congested() {
        return connection.congested;
      },
      send: (batch, attempt) => {
        this.attempts.push(attempt);
        connection.send(batch, attempt);
      },
      flush: () => connection.flush(),
      end: () => connection.end(),
      abort: () => connection.abort(),
    };
  }

  close(): void {}
}

/** What sealed bytes hold. */
export function decodeSealed(bytes: Uint8Array, isGzip: boolean) {
  return fromBinary(EventBatchSchema, isGzip ? gunzipSync(bytes) : bytes);
}

function refusing(listener: ConnectionListener): ChannelConnection {
  queueMicrotask(() => listener.onEnd(new ChannelError('switched off', { kind: 'retryable' })));
  const nothing = (): void => {};
  return { congested: false, send: nothing, flush: nothing, end: nothing, abort: nothing };
}
