import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { Encoding, type EventBatch, EventBatchSchema, type PublishRequest } from '@telemetry/gen';

/** A batch as it came. */
export interface Arrival {
  readonly batch: EventBatch;
  readonly encoding: Encoding;
  readonly sealedBytes: Uint8Array;
  readonly attempt: number;
  /** How often these bytes had come before. */
  readonly earlier: number;
  readonly timeMs: number;
  /** Which stream it came over, counted from 0; -1: by a call of its own. */
  readonly stream: number;
}

/** What came to a collector of a test and what it took. Kept by (producer, number), so a number that comes twice with other content shows. */
export class CollectorHoldings {
  readonly arrivals: Arrival[] = [];
  /** Events by producer and number. */
  readonly stored = new Map<string, Map<number, string>>();
  /** Declared drops by producer: number to reason. */
  readonly declared = new Map<string, Map<number, number>>();
  /** Numbers that were stored or declared more than once by different batches: always an error of the client. */
  readonly conflicts: string[] = [];
  readonly #seen = new Map<string, number>();
  readonly #taken = new Set<string>();

  /** Notes that a request has come. Throws on one that is not sealed. */
  arrive(request: PublishRequest, stream: number): Arrival {
    if (request.content.case !== 'sealed') {
      throw new TypeError('not a sealed batch');
    }
    const { encoding, bytes } = request.content.value;
    const key = keyOf(bytes);
    const earlier = this.#seen.get(key) ?? 0;
    this.#seen.set(key, earlier + 1);
    const arrival: Arrival = {
      batch: fromBinary(EventBatchSchema, encoding === Encoding.GZIP ? gunzipSync(bytes) : bytes),
      encoding,
      sealedBytes: bytes,
      attempt: request.attempt,
      earlier,
      timeMs: performance.now(),
      stream,
    };
    this.arrivals.push(arrival);
    return arrival;
  }

  /**
   * Takes a batch, but for the events at these places. False: it was taken before.
   *
   * @param drop places of events that the collector does not take.
   */
  keep({ batch, sealedBytes }: Arrival, drop: ReadonlySet<number> = new Set()): boolean {
    const key = keyOf(sealedBytes);
    if (this.#taken.has(key)) {
      return false;
    }
    this.#taken.add(key);
    const producer = Buffer.from(batch.producerId).toString('hex');
    const stored = this.stored.get(producer) ?? new Map<number, string>();
    const declared = this.declared.get(producer) ?? new Map<number, number>();
    this.stored.set(producer, stored);
    this.declared.set(producer, declared);
    for (const [at, event] of batch.events.entries()) {
      const seq = Number(event.seq);
      this.#claim(producer, seq);
      if (!drop.has(at)) {
        stored.set(seq, event.name);
      }
    }
    for (const range of batch.dropped) {
      for (let seq = Number(range.firstSeq); seq <= Number(range.lastSeq); seq++) {
        this.#claim(producer, seq);
        declared.set(seq, range.reason);
      }
    }
    return true;
  }

  /** Numbers stored for a producer, or for all of the only one. */
  storedNumbers(): number[] {
    return [...this.stored.values()].flatMap((events) => [...events.keys()]).sort((a, b) => a - b);
  }

  declaredReasons(): Map<number, number> {
    return new Map([...this.declared.values()].flatMap((reasons) => [...reasons]));
  }

  #claim(producer: string, seq: number): void {
    if (this.stored.get(producer)?.has(seq) || this.declared.get(producer)?.has(seq)) {
      this.conflicts.push(`${producer} ${seq}`);
    }
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
