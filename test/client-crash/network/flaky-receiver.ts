import { createHash } from 'node:crypto';
import { type Ack, CollectorService, ErrorReason, Outcome, type PublishRequest } from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import {
  type CallContext,
  type Channel,
  ClientError,
  createChannel,
  createClient,
  createServer,
  type Server,
  ServerError,
  Status,
} from 'nice-grpc';
import { duration } from '../../client/support/status-details.ts';

const collectorService = grpcService(CollectorService);

/** How often a receiver misbehaves, as shares of all batches. */
export interface Mood {
  /** Refused for now, with a delay. */
  readonly throttled: number;
  /** Taken, and the answer is lost: on a stream that lives on, or that breaks. */
  readonly answerLost: number;
  /** The stream breaks before anything was taken. */
  readonly broken: number;
  /** Answered late. */
  readonly late: number;
}

/** A receiver that behaves. */
export const goodMood: Mood = { throttled: 0, answerLost: 0, broken: 0, late: 0 };

const throttleMsMax = 120;
const lateMsMax = 250;

/** One sending of a batch, and over which stream: what was sent over an earlier one may be read after what came over a later one. */
interface Sending {
  readonly process: string;
  readonly attempt: number;
  readonly stream: number;
}

/** Stands before a real collector: hands on what comes, misbehaves by chance, and notes who sent what. */
export class FlakyReceiver {
  mood: Mood = goodMood;
  /** Batches that came in. */
  received = 0;
  /** What no client may do, in words. */
  readonly violations: string[] = [];
  resent = 0;
  duplicates = 0;
  readonly #random: () => number;
  readonly #upstreamAddress: string;
  /** By the digest of a batch. */
  readonly #sendings = new Map<string, Sending[]>();
  #streams = 0;
  #upstream: Channel | undefined;
  #server: Server | undefined;
  #port = 0;

  constructor(upstreamAddress: string, random: () => number) {
    this.#upstreamAddress = upstreamAddress;
    this.#random = random;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    this.#upstream = createChannel(this.#upstreamAddress);
    const upstream = createClient(collectorService, this.#upstream);
    const server = createServer();
    const nextStream = () => this.#streams++;
    const receive = (request: PublishRequest, context: CallContext, stream: number) =>
      this.#receive(request, { process: String(context.metadata.get('x-process') ?? ''), stream }, upstream);
    const random = this.#random;
    server.add(collectorService, {
      publish: () => Promise.reject(new ServerError(Status.UNIMPLEMENTED, 'not here')),
      getLimits: (request) => upstream.getLimits(request),
      async *publishStream(requests, context) {
        let index = 0n;
        const stream = nextStream();
        for await (const message of requests) {
          const acks: Ack[] = [];
          for (const request of message.requests) {
            const requestIndex = index++;
            const ack = await receive(request, context, stream);
            acks.push(...(ack === undefined ? [] : [{ ...ack, requestIndex }]));
          }
          // In another order, too.
          yield { acks: random() < 0.2 ? acks.reverse() : acks };
        }
      },
    });
    this.#port = await server.listen('127.0.0.1:0');
    this.#server = server;
  }

  /** Forgets what came, for the next round. */
  reset(): void {
    this.received = 0;
    this.violations.length = 0;
    this.resent = 0;
    this.duplicates = 0;
  }

  stop(): void {
    this.#server?.forceShutdown();
    this.#upstream?.close();
  }

  async #receive(
    request: PublishRequest,
    from: Pick<Sending, 'process' | 'stream'>,
    upstream: ReturnType<typeof createClient<typeof collectorService>>,
  ): Promise<Ack | undefined> {
    this.#note(request, from);
    const { throttled, answerLost, broken, late } = this.mood;
    const chance = this.#random();
    if (chance < throttled) {
      return deferred(this.#random() * throttleMsMax);
    }
    if (chance < throttled + broken) {
      throw new ServerError(Status.UNAVAILABLE, 'by chance');
    }
    const ack = await this.#handOn(request, upstream);
    if (chance < throttled + broken + answerLost) {
      if (this.#random() < 0.5) {
        throw new ServerError(Status.UNAVAILABLE, 'by chance');
      }
      return undefined;
    }
    if (chance < throttled + broken + answerLost + late) {
      await new Promise((resolve) => setTimeout(resolve, this.#random() * lateMsMax));
    }
    return ack;
  }

  async #handOn(
    request: PublishRequest,
    upstream: ReturnType<typeof createClient<typeof collectorService>>,
  ): Promise<Ack> {
    try {
      const { ack } = await upstream.publish(request);
      if (ack === undefined) {
        throw new ServerError(Status.INTERNAL, 'an answer without an ack');
      }
      this.duplicates += ack.outcome === Outcome.DUPLICATE ? 1 : 0;
      if (ack.droppedEventCount > 0) {
        this.violations.push(`the collector dropped ${ack.droppedEventCount} events of a batch`);
      }
      return ack;
    } catch (error) {
      const isForNow =
        error instanceof ClientError && [Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED].includes(error.code);
      if (!isForNow) {
        this.violations.push(`the collector refused a batch: ${error instanceof Error ? error.message : error}`);
      }
      return deferred(throttleMsMax);
    }
  }

  /** The same bytes are never sent again as if for the first time, whichever process sends them. */
  #note(request: PublishRequest, from: Pick<Sending, 'process' | 'stream'>): void {
    this.received += 1;
    const bytes = request.content.case === 'sealed' ? request.content.value.bytes : new Uint8Array(0);
    const digest = createHash('sha1').update(bytes).digest('base64');
    const sendings = this.#sendings.get(digest) ?? [];
    this.#sendings.set(digest, sendings);
    this.resent += sendings.length > 0 ? 1 : 0;
    sendings.push({ ...from, attempt: request.attempt });
    const [first, ...others] = [...sendings].sort((a, b) => a.stream - b.stream);
    if (first !== undefined && others.some(({ attempt }) => attempt < 2)) {
      const told = [first, ...others].map((one) => `${one.process}, stream ${one.stream}: attempt ${one.attempt}`);
      this.violations.push(`a batch of ${bytes.length} bytes that was sent before came as new: ${told.join('; ')}`);
    }
  }
}

function deferred(delayMs: number): Ack {
  return {
    $typeName: 'telemetry.v1.Ack',
    requestIndex: 0n,
    outcome: Outcome.DEFERRED,
    durability: 0,
    acceptedEvents: 0,
    droppedEvents: [],
    droppedEventCount: 0,
    rejection: {
      $typeName: 'telemetry.v1.Rejection',
      reason: ErrorReason.OVERLOADED,
      message: 'by chance',
      field: '',
    },
    retryDelay: duration(delayMs),
    blacklistVersion: 0n,
  };
}
