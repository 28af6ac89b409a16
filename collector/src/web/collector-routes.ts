import { create, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { type CollectorService, ErrorReason, GetLimitsResponseSchema, type Limits } from '@telemetry/gen';
import type { AccessGate } from '../access/access-gate.ts';
import { Refusal } from '../admission/refusal.ts';
import { WEB_ACK_TIMEOUT_MS } from '../limits.ts';
import type { AckFacts } from '../service/ack.ts';
import { explicitLimits } from '../service/collector-service.ts';
import { toAck } from '../service/encode-ack.ts';
import type { Receiver } from '../service/receiver.ts';
import type { RetryDelay } from '../service/retry-delay.ts';
import { callerOf } from './caller-of.ts';
import type { Routes } from './connect-handler.ts';
import { toConnectError } from './connect-refusal.ts';

/** What the web port's `CollectorService` works with. */
export interface CollectorRouteParts {
  readonly receiver: Receiver;
  readonly limits: Limits;
  readonly blacklistVersion: () => number;
  readonly retryDelay: RetryDelay;
  readonly gate: AccessGate;
}

/**
 * `telemetry.v1.CollectorService` for Connect and gRPC-Web. `PublishStream` is left out: it streams both ways, for which these protocols
 * want HTTP/2, and browsers cannot do it at all.
 *
 * @param service the service, or its opaque form
 */
export function collectorRoutes(service: typeof CollectorService, parts: CollectorRouteParts): Routes {
  const { receiver, limits, blacklistVersion } = parts;
  const getLimits = create(GetLimitsResponseSchema, { limits: explicitLimits(limits) });
  const publish = async (message: MessageShape<DescMessage>, context: HandlerContext) => {
    const caller = callerOf(parts.gate, context, 'publish');
    const request = toBinary(service.method.publish.input, message as never);
    const acknowledged = new Promise<AckFacts>((resolve) => void receiver.submit(request, resolve, caller));
    const facts = await within(acknowledged, context.signal, parts.retryDelay);
    if (facts.refusal !== undefined) throw toConnectError(facts.refusal);
    return { ack: toAck(facts, 0, blacklistVersion(), limits.ackDroppedEventsMax) };
  };
  return (router) => router.service(service, { publish, getLimits: () => getLimits });
}

/** The acknowledgement, unless the client's deadline or ours comes first. The batch may be taken all the same: sent again it is a duplicate. */
async function within(acknowledged: Promise<AckFacts>, signal: AbortSignal, retryDelay: RetryDelay): Promise<AckFacts> {
  let giveUp = () => {};
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      const message = `Not acknowledged within ${WEB_ACK_TIMEOUT_MS / 1000} s: the disk is slow. Send the batch again.`;
      reject(toConnectError(Refusal.retryable(ErrorReason.STORAGE_UNAVAILABLE, message, retryDelay.next(1))));
    }, WEB_ACK_TIMEOUT_MS);
    const abort = () => reject(ConnectError.from(signal.reason, Code.Canceled));
    signal.addEventListener('abort', abort);
    giveUp = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([acknowledged, late]);
  } finally {
    giveUp();
  }
}
