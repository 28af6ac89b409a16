import { create, toBinary } from '@bufbuild/protobuf';
import { CollectorService, GetLimitsResponseSchema, type Limits, PublishResponseSchema } from '@telemetry/gen';
import type { CallContext } from 'nice-grpc';
import type { AccessGate } from '../access/access-gate.ts';
import type { Admission } from '../admission/admit-batch.ts';
import type { AckFacts } from './ack.ts';
import { toAck } from './encode-ack.ts';
import { toServerError } from './grpc-status.ts';
import { PublishStream } from './publish-stream.ts';
import { rawService } from './raw-service.ts';
import type { Receiver } from './receiver.ts';

/** `telemetry.v1.CollectorService` with its messages as bytes. */
export const collectorServiceDefinition = rawService(CollectorService);

/** The implementation of `telemetry.v1.CollectorService`. */
export function collectorService(
  receiver: Receiver,
  admission: Admission,
  limits: Limits,
  blacklistVersion: () => number,
  gate: AccessGate,
) {
  const bounds = {
    windowBatchesMax: limits.streamWindowBatchesMax,
    ackDroppedEventsMax: limits.ackDroppedEventsMax,
  };
  const limitsResponse = toBinary(
    GetLimitsResponseSchema,
    create(GetLimitsResponseSchema, { limits: explicitLimits(limits) }),
  );
  const callerOf = (context: CallContext) => gate.admit(context.metadata.get('authorization'), 'publish');
  return {
    async publish(request: Uint8Array, context: CallContext): Promise<Uint8Array> {
      const caller = callerOf(context);
      const facts = await new Promise<AckFacts>((resolve) => void receiver.submit(request, resolve, caller));
      if (facts.refusal !== undefined) throw toServerError(facts.refusal, context);
      const ack = toAck(facts, 0, blacklistVersion(), bounds.ackDroppedEventsMax);
      return toBinary(PublishResponseSchema, create(PublishResponseSchema, { ack }));
    },
    publishStream(messages: AsyncIterable<Uint8Array>, context: CallContext): AsyncGenerator<Uint8Array> {
      const caller = callerOf(context);
      return new PublishStream(receiver, admission, bounds, blacklistVersion, caller).run(messages, context);
    },
    getLimits(): Promise<Uint8Array> {
      return Promise.resolve(limitsResponse);
    },
  };
}

/** Sets every field, so that the values also reach a client whose generated defaults differ. */
export function explicitLimits(limits: Limits): Limits {
  const explicit: Record<string, unknown> = {};
  for (const key in limits) explicit[key] = limits[key as keyof Limits];
  return explicit as unknown as Limits;
}
