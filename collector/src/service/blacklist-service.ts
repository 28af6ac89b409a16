import { BlacklistService, ErrorReason } from '@telemetry/gen';
import { type GrpcService, grpcService } from '@telemetry/gen/grpc-service';
import { isAbortError } from 'abort-controller-x';
import { type CallContext, ServerError, type ServiceImplementation } from 'nice-grpc';
import type { AccessGate } from '../access/access-gate.ts';
import { whileInForce } from '../access/while-in-force.ts';
import { Refusal } from '../admission/refusal.ts';
import type { BlacklistDesk } from './blacklist-desk.ts';
import { toServerError } from './grpc-status.ts';

/** `telemetry.v1.BlacklistService` as nice-grpc wants it. */
export const blacklistServiceDefinition = grpcService(BlacklistService);

/**
 * The implementation of `telemetry.v1.BlacklistService` over gRPC.
 *
 * @param gate knows who calls, by the key
 */
export function blacklistService(
  desk: BlacklistDesk,
  gate: AccessGate,
): ServiceImplementation<GrpcService<typeof BlacklistService>> {
  return {
    getBlacklist: async (request) => desk.get(request),
    async *watchBlacklist(request, context) {
      try {
        const caller = gate.admit(context.metadata.get('authorization'), 'know');
        yield* whileInForce(caller, context.signal, (signal) => desk.watch(request, signal));
      } catch (error) {
        throw toGrpcError(error, context);
      }
    },
    async changeBlacklist(request, context) {
      try {
        const caller = gate.admit(context.metadata.get('authorization'), 'change');
        return await desk.change(request, caller.name);
      } catch (error) {
        throw toGrpcError(error, context);
      }
    },
    async listBlacklistChanges(request, context) {
      try {
        return await desk.listChanges(request);
      } catch (error) {
        throw toGrpcError(error, context);
      }
    },
  };
}

/** A refusal with its details; a fault of ours without a text, which may hold anything. */
function toGrpcError(error: unknown, context: CallContext): unknown {
  if (error instanceof ServerError || isAbortError(error)) return error;
  if (error instanceof Refusal) return toServerError(error, context);
  return toServerError(
    new Refusal({ reason: ErrorReason.INTERNAL, field: '', message: 'A fault of the collector.' }),
    context,
  );
}
