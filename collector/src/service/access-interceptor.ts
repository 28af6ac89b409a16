import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { AccessGate } from '../access/access-gate.ts';
import { permissionOfCall } from '../access/permission.ts';
import { Refusal } from '../admission/refusal.ts';
import { addDetails, statusOf } from './grpc-status.ts';

/** Asks for the key before a message is read, and for every call there is: one that is added later is not open by mistake. */
export function accessInterceptor(gate: AccessGate): ServerInterceptor {
  return ({ path }, call): ServerInterceptingCall => {
    const permission = permissionOfCall(path);
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            try {
              gate.admit(authorizationOf(metadata), permission);
            } catch (error) {
              if (!(error instanceof Refusal)) throw error;
              refuse(call, error);
              return;
            }
            pass(metadata);
          },
        });
      },
    });
  };
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
