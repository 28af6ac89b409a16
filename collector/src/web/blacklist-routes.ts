import { ConnectError } from '@connectrpc/connect';
import { BlacklistService, ErrorReason } from '@telemetry/gen';
import { isAbortError } from 'abort-controller-x';
import type { AccessGate } from '../access/access-gate.ts';
import { whileInForce } from '../access/while-in-force.ts';
import { Refusal } from '../admission/refusal.ts';
import type { BlacklistDesk } from '../service/blacklist-desk.ts';
import { callerOf } from './caller-of.ts';
import type { Routes } from './connect-handler.ts';
import { toConnectError } from './connect-refusal.ts';

/** `telemetry.v1.BlacklistService` for Connect and gRPC-Web. */
export function blacklistRoutes(desk: BlacklistDesk, gate: AccessGate): Routes {
  return (router) =>
    router.service(BlacklistService, {
      getBlacklist: (request) => desk.get(request),
      async *watchBlacklist(request, context) {
        try {
          const caller = callerOf(gate, context, 'know');
          yield* whileInForce(caller, context.signal, (signal) => desk.watch(request, signal));
        } catch (error) {
          throw toWebError(error);
        }
      },
      changeBlacklist: (request, context) =>
        desk.change(request, callerOf(gate, context, 'change').name).catch(rethrow),
      listBlacklistChanges: (request) => desk.listChanges(request).catch(rethrow),
    });
}

function rethrow(error: unknown): never {
  throw toWebError(error);
}

/** A refusal with its details; a fault of ours without a text, which may hold anything. */
function toWebError(error: unknown): unknown {
  if (error instanceof ConnectError || isAbortError(error)) return error;
  if (error instanceof Refusal) return toConnectError(error);
  return toConnectError(new Refusal({ reason: ErrorReason.INTERNAL, field: '', message: 'A fault of the collector.' }));
}
