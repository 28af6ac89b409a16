import { Encoding, type Limits } from '@telemetry/gen';
import type { BlacklistMatcher } from '../blacklist/blacklist-matcher.ts';
import { EnvelopeParser } from './parse-publish-request.ts';
import { stripEvents } from './strip-events.ts';
import { Unsealer } from './unseal.ts';
import { type BatchFacts, BatchWalk } from './walk-batch.ts';

/** A batch that keeps every rule, with the bytes that go to the spool. */
export interface AdmittedBatch extends BatchFacts {
  /** As sent. */
  readonly sentBytes: Uint8Array;
  /** What goes to the spool: as sent, or stripped of events that were not taken. */
  readonly bytes: Uint8Array;
  readonly encoding: typeof Encoding.IDENTITY | typeof Encoding.GZIP;
  /** Size of the serialized batch when decompressed. */
  readonly plainSizeBytes: number;
  /** 1 the first time, more when it was sent before. */
  readonly attempt: number;
}

/** Decides whether a batch may be taken. Holds buffers of its own, so one for each thread. */
export class Admission {
  readonly #parser = new EnvelopeParser();
  readonly #unsealer: Unsealer;
  readonly #walk: BatchWalk;
  readonly #matcher: () => BlacklistMatcher | undefined;

  /** @param matcher what is banned at the moment; undefined when nothing is */
  constructor(limits: Limits, matcher: () => BlacklistMatcher | undefined = () => undefined) {
    this.#matcher = matcher;
    this.#walk = new BatchWalk(limits);
    this.#unsealer = new Unsealer(limits, this.#walk.room);
  }

  /** Cuts a stream message into its requests. Throws `Refusal` when it is not one. */
  requestsOf(message: Uint8Array): Uint8Array[] {
    return this.#parser.requestsOf(message);
  }

  /** Events read of the last batch, refused or not: for the ledger. */
  get walkedEventCount(): number {
    return this.#walk.eventCount;
  }

  /** Product of the last batch, refused or not, if it could be read. A view. */
  get walkedProductName(): Uint8Array | undefined {
    return this.#walk.productName;
  }

  /** Forgets what was read of the last batch. */
  forget(): void {
    this.#walk.forget();
  }

  /**
   * Checks one serialized `PublishRequest`.
   *
   * @param nowUs the collector's clock, microseconds since 1970
   * @throws Refusal permanent, naming the field
   */
  admit(request: Uint8Array, nowUs: number): AdmittedBatch {
    this.forget();
    const envelope = this.#parser.parse(request);
    const plain = this.#unsealer.unseal(envelope);
    const facts = this.#walk.walk(plain, nowUs, this.#matcher());
    const { attempt, content: sentBytes } = envelope;
    if (facts.droppedEvents.length > 0) {
      const bytes = stripEvents(plain, facts.droppedEvents, facts.blacklistVersion);
      return { ...facts, sentBytes, bytes, encoding: Encoding.IDENTITY, plainSizeBytes: bytes.length, attempt };
    }
    return {
      producerId: facts.producerId,
      productName: facts.productName,
      eventCount: facts.eventCount,
      sequence: facts.sequence,
      droppedEvents: facts.droppedEvents,
      blacklistVersion: facts.blacklistVersion,
      sentBytes,
      bytes: sentBytes,
      encoding: envelope.encoding === Encoding.GZIP ? Encoding.GZIP : Encoding.IDENTITY,
      plainSizeBytes: plain.length,
      attempt,
    };
  }
}
