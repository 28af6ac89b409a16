import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { ErrorReason } from '@telemetry/gen';
import type { AccessGate } from '../access/access-gate.ts';
import { permissionOfCall } from '../access/permission.ts';
import { Refusal } from '../admission/refusal.ts';
import type { FairBound } from '../fairness/fair-bound.ts';
import { addDetails, statusOf } from './grpc-status.ts';
import type { RetryDelay } from './retry-delay.ts';

/**
 * Asks for the key before a message is read, and for every call there is: one that is added later is not open by mistake.
 *
 * @param calls what is shared among keys of the calls that may be open
 */
export function accessInterceptor(gate: AccessGate, calls: FairBound, retryDelay: RetryDelay): ServerInterceptor {
  return ({ path }, call): ServerInterceptingCall => {
    const permission = permissionOfCall(path);
    let leave = () => {};
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            try {
              const { keyId } = gate.admit(authorizationOf(metadata), permission);
              if (keyId !== undefined) leave = enter(calls, keyId, retryDelay);
            } catch (error) {
              if (!(error instanceof Refusal)) throw error;
              refuse(call, error);
              return;
            }
            pass(metadata);
          },
          // However the call ends.
          onCancel: () => leave(),
        });
      },
    });
  };
}

function enter(calls: FairBound, keyId: string, retryDelay: RetryDelay): () => void {
  const leave = calls.enter(keyId, 1);
  if (leave !== undefined) return leave;
  const message = 'So many calls of this key are open that others would find no room. Come back later.';
  throw Refusal.retryable(ErrorReason.OVERLOADED, message, retryDelay.next(1));
}

function refuse(call: ServerInterceptingCallInterface, refusal: Refusal): void {
  const metadata = new Metadata();
  addDetails(refusal, (trailer, value) => metadata.set(trailer, Buffer.from(value)));
  call.sendStatus({ code: statusOf(refusal.reason) as number, details: refusal.message, metadata });
}

function authorizationOf(metadata: Metadata): string | undefined {
  const value = metadata.get('authorization')[0];
  return typeof value === 'string' ? value : undefined;
}
