import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type AckSchema,
  CollectorService,
  Durability,
  ErrorReason,
  Outcome,
  type PublishRequest,
  type PublishStreamRequest,
} from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import { type CallContext, createServer, type Server, ServerError, Status } from 'nice-grpc';
import { type Arrival, CollectorHoldings } from './collector-holdings.ts';
import { duration, encodeStatusDetails, type StatusDetails } from './status-details.ts';

type AckFields = MessageInitShape<typeof AckSchema>;

/** What the collector does with one batch. */
export type Answer =
  | { readonly kind: 'accept'; readonly retryDelayMs?: number; readonly drop?: readonly number[] }
  | { readonly kind: 'reject'; readonly reason: ErrorReason; readonly field?: string }
  | { readonly kind: 'defer'; readonly retryDelayMs: number; readonly reason?: ErrorReason }
  /** Takes it or not, and says whatever this is; `requestIndex` is filled in unless it is given. */
  | { readonly kind: 'acks'; readonly acks: readonly AckFields[]; readonly keep: boolean }
  /** Takes it and never answers. */
  | { readonly kind: 'silence' }
  /** Takes it and ends the stream in order, without an answer. */
  | { readonly kind: 'end' }
  /** Takes it or not, and ends the stream with an error before the answer is out. */
  | {
      readonly kind: 'break';
      readonly keep: boolean;
      readonly status?: Status;
      readonly details?: StatusDetails | Uint8Array;
    };

/** The place of a batch that came by a `Publish` call. */
const notByStream = -1;

/** Ends a stream in order. */
class EndOfStream extends Error {}

/** A small collector over a real socket: speaks the protocol, keeps what it takes in memory, and misbehaves as it is told. */
export class MisbehavingCollector extends CollectorHoldings {
  /** Decides what happens to a batch. Default: it is accepted. */
  answer: (arrival: Arrival) => Answer = () => ({ kind: 'accept' });
  readonly metadata: ReadonlyMap<string, string>[] = [];
  /** Requests of each stream message, in the order in which they came. */
  readonly messageSizes: number[] = [];
  streams = 0;
  openStreams = 0;
  /** Whether it has `PublishStream`, from the next start on. */
  hasStream = true;
  /** Whether it has `Publish`. */
  hasPublish = false;
  /** `Publish` calls that are open, and how many were at most. */
  openCalls = 0;
  openCallsMax = 0;
  #server: Server | undefined;
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens: on any port the first time, on the same one after that. */
  async start(): Promise<this> {
    const server = createServer({ 'grpc.max_receive_message_length': 8 << 20 });
    const { publishStream, ...others } = grpcService(CollectorService);
    const unimplemented = () => Promise.reject(new ServerError(Status.UNIMPLEMENTED, 'not here'));
    const methods = {
      publish: (request: PublishRequest, context: CallContext) =>
        this.hasPublish ? this.#answerCall(request, context) : unimplemented(),
      getLimits: unimplemented,
    };
    if (this.hasStream) {
      server.add({ publishStream, ...others }, { ...methods, publishStream: this.#answerStream.bind(this) });
    } else {
      server.add(others, methods);
    }
    this.#port = await server.listen(`127.0.0.1:${this.#port}`);
    this.#server = server;
    return this;
  }

  /** As a killed process does: every connection breaks at once, and nobody listens. */
  kill(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  async *#answerStream(requests: AsyncIterable<PublishStreamRequest>, context: CallContext) {
    const stream = this.streams++;
    this.openStreams += 1;
    this.metadata.push(new Map([...context.metadata].map(([name, values]) => [name, String(values[0])])));
    let index = 0;
    try {
      for await (const message of requests) {
        this.messageSizes.push(message.requests.length);
        const acks: AckFields[] = [];
        for (const request of message.requests) {
          acks.push(...this.#take(this.arrive(request, stream), index++, context));
        }
        if (acks.length > 0) {
          yield { acks };
        }
      }
    } catch (error) {
      if (!(error instanceof EndOfStream)) {
        throw error;
      }
    } finally {
      this.openStreams -= 1;
    }
  }

  /** Says of a batch by the status of its call what a stream would have said by an acknowledgement. */
  async #answerCall(request: PublishRequest, context: CallContext): Promise<{ ack?: AckFields }> {
    this.metadata.push(new Map([...context.metadata].map(([name, values]) => [name, String(values[0])])));
    this.openCalls += 1;
    this.openCallsMax = Math.max(this.openCallsMax, this.openCalls);
    try {
      const arrival = this.arrive(request, notByStream);
      const answer = this.answer(arrival);
      if (answer.kind === 'reject' || answer.kind === 'defer') {
        const { kind, reason = ErrorReason.OVERLOADED, ...details } = answer;
        context.trailer.set('grpc-status-details-bin', encodeStatusDetails({ reason, ...details }));
        throw new ServerError(kind === 'defer' ? Status.RESOURCE_EXHAUSTED : Status.INVALID_ARGUMENT, 'as told');
      }
      if (answer.kind === 'silence') {
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      }
      const [ack] = this.#carryOut(arrival, answer, 0, context);
      return ack === undefined ? {} : { ack };
    } catch (error) {
      if (error instanceof EndOfStream) {
        return {};
      }
      throw error;
    } finally {
      this.openCalls -= 1;
    }
  }

  #take(arrival: Arrival, index: number, context: CallContext): AckFields[] {
    return this.#carryOut(arrival, this.answer(arrival), index, context);
  }

  #carryOut(arrival: Arrival, answer: Answer, index: number, context: CallContext): AckFields[] {
    const requestIndex = BigInt(index);
    switch (answer.kind) {
      case 'accept':
        return [{ requestIndex, ...this.#accept(arrival, answer) }];
      case 'reject':
        return [{ requestIndex, outcome: Outcome.REJECTED, rejection: refusal(answer.reason, answer.field) }];
      case 'defer': {
        const retryDelay = duration(answer.retryDelayMs);
        const rejection = refusal(answer.reason ?? ErrorReason.OVERLOADED);
        return [{ requestIndex, outcome: Outcome.DEFERRED, rejection, retryDelay }];
      }
      case 'acks':
        if (answer.keep) {
          this.keep(arrival);
        }
        return answer.acks.map((ack) => ({ requestIndex, ...ack }));
      case 'silence':
        this.keep(arrival);
        return [];
      case 'end':
        this.keep(arrival);
        throw new EndOfStream();
      case 'break':
        if (answer.keep) {
          this.keep(arrival);
        }
        if (answer.details !== undefined) {
          const { details } = answer;
          const bytes = details instanceof Uint8Array ? details : encodeStatusDetails(details);
          context.trailer.set('grpc-status-details-bin', bytes);
        }
        throw new ServerError(answer.status ?? Status.UNAVAILABLE, 'as told');
    }
  }

  #accept(arrival: Arrival, { drop = [], retryDelayMs }: Extract<Answer, { kind: 'accept' }>): AckFields {
    const isNew = this.keep(arrival, new Set(drop));
    const dropped = isNew ? drop : [];
    return {
      outcome: isNew ? Outcome.ACCEPTED : Outcome.DUPLICATE,
      durability: Durability.SPOOLED,
      acceptedEvents: arrival.batch.events.length - dropped.length,
      droppedEvents: dropped.map((at) => ({ index: at, reason: 1 as const })),
      droppedEventCount: dropped.length,
      ...(retryDelayMs === undefined ? {} : { retryDelay: duration(retryDelayMs) }),
      blacklistVersion: 7n,
    };
  }
}

function refusal(reason: ErrorReason, field = ''): { reason: ErrorReason; message: string; field: string } {
  return { reason, message: 'as told', field };
}
