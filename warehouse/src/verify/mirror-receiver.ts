import { createReadStream } from 'node:fs';
import { sizeDelimitedDecodeStream } from '@bufbuild/protobuf/wire';
import { type EventBatch, EventBatchSchema, protocolLimits } from '@telemetry/gen';
import { joinRuns, type NumberRuns, repeatedRuns } from '../audit/number-runs.ts';
import { digestOfRuns } from './number-digest.ts';
import { type NamedEvent, noNumbers, type ProducerNumbers, type ProducerSummary, type Receiver } from './receiver.ts';

interface MirroredProducer {
  product: string;
  readonly stored: [number, number][];
  readonly declared: [number, number][];
}

/**
 * The file of a mirror channel, as something that holds events: length-delimited `EventBatch` messages, one behind the other. Read once for the
 * numbers, of which only runs are kept, and once more for each question about events.
 *
 * A batch that is there twice was sent again after a crash of its client, which nobody else would have counted twice: it counts once.
 */
export class MirrorReceiver implements Receiver {
  readonly name: string;
  readonly #product: string;
  readonly #signal: AbortSignal;
  #producers: Promise<Map<string, MirroredProducer>> | undefined;

  constructor(path: string, product: string, signal: AbortSignal) {
    this.name = path;
    this.#product = product;
    this.#signal = signal;
  }

  async *summaries(): AsyncGenerator<ProducerSummary> {
    // Looked at anew: the application may be writing.
    this.#producers = this.#readProducers();
    const producers = await this.#producers;
    for (const producer of [...producers.keys()].sort()) {
      const { product, stored, declared } = producers.get(producer) as MirroredProducer;
      yield {
        producer,
        product,
        stored: countAll(stored),
        declared: countAll(declared),
        storedDigest: digestOfRuns(stored),
        declaredDigest: digestOfRuns(declared),
      };
    }
  }

  async numbers(producers: readonly string[]): Promise<ReadonlyMap<string, ProducerNumbers>> {
    this.#producers ??= this.#readProducers();
    const all = await this.#producers;
    return new Map(
      producers.map((producer) => {
        const found = all.get(producer);
        if (found === undefined) return [producer, noNumbers];
        const { stored, declared } = found;
        return [producer, { stored: joinRuns(stored), repeated: repeatedRuns(stored), declared: joinRuns(declared) }];
      }),
    );
  }

  async events(producer: string, runs: NumberRuns, eventsMax: number): Promise<NamedEvent[]> {
    const events = new Map<number, NamedEvent>();
    for await (const batch of this.#batches()) {
      if (hexOf(batch.producerId) !== producer) continue;
      for (const { seq: exact, name, timeUnixUs } of batch.events) {
        const seq = Number(exact);
        if (events.size < eventsMax && runs.some(([first, last]) => seq >= first && seq <= last)) {
          events.set(seq, { seq, name, timeUnixUs: Number(timeUnixUs) });
        }
      }
    }
    return [...events.values()];
  }

  async #readProducers(): Promise<Map<string, MirroredProducer>> {
    const producers = new Map<string, MirroredProducer>();
    const seen = new Set<string>();
    for await (const batch of this.#batches()) {
      const producer = hexOf(batch.producerId);
      const key = `${producer} ${batch.events[0]?.seq} ${batch.dropped[0]?.firstSeq} ${batch.events.length}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const product = batch.core?.product?.name ?? '';
      const mirrored = producers.get(producer) ?? { product, stored: [], declared: [] };
      producers.set(producer, mirrored);
      for (const { seq } of batch.events) addNumber(mirrored.stored, Number(seq));
      for (const { firstSeq, lastSeq } of batch.dropped) mirrored.declared.push([Number(firstSeq), Number(lastSeq)]);
    }
    return producers;
  }

  async *#batches(): AsyncGenerator<EventBatch> {
    const bytes = createReadStream(this.name, { signal: this.#signal });
    const batches = sizeDelimitedDecodeStream(EventBatchSchema, bytes, { readMaxBytes: protocolLimits.batchBytesMax });
    try {
      for await (const batch of batches) {
        if (this.#product === '' || batch.core?.product?.name === this.#product) yield batch;
      }
    } catch (error) {
      if (!isTornTail(error)) throw error;
    }
  }
}

/** The channel writes, or was killed as it wrote: the last message is not whole, and was not acknowledged. */
function isTornTail(error: unknown): boolean {
  return error instanceof Error && error.message === 'incomplete data';
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Numbers come in growing order, so that most make the last run longer. */
function addNumber(runs: [number, number][], seq: number): void {
  const last = runs.at(-1);
  if (last?.[1] === seq - 1) last[1] = seq;
  else runs.push([seq, seq]);
}

function countAll(runs: NumberRuns): number {
  return runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
