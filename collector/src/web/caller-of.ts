import type { HandlerContext } from '@connectrpc/connect';
import type { AccessGate } from '../access/access-gate.ts';
import type { Caller } from '../access/caller.ts';
import type { Permission } from '../access/permission.ts';
import { Refusal } from '../admission/refusal.ts';
import { toConnectError } from './connect-refusal.ts';

/** Who calls; throws the error that Connect and gRPC-Web send when nobody does who may. */
export function callerOf(gate: AccessGate, context: HandlerContext, permission: Permission): Caller {
  try {
    return gate.admit(context.requestHeader.get('authorization'), permission);
  } catch (error) {
    throw error instanceof Refusal ? toConnectError(error) : error;
  }
}
