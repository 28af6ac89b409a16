import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ConnectRouter, createConnectRouter, createContextKey, createContextValues } from '@connectrpc/connect';
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import type { AccessGate } from '../access/access-gate.ts';
import { permissionOfCall } from '../access/permission.ts';
import { WEB_ACK_TIMEOUT_MS, WEB_MESSAGE_SIZE_BYTES_MAX } from '../limits.ts';
import { callerOf } from './caller-of.ts';
import { sendMessage } from './pages.ts';
import type { WebRequestLoad } from './web-load.ts';

/** Adds services to a router. */
export type Routes = (router: ConnectRouter) => void;

/** Answers a call. Rejects when the client is gone, or the request is none. */
export type CallHandler = (request: IncomingMessage, response: ServerResponse, load: WebRequestLoad) => Promise<void>;

const LOAD = createContextKey<WebRequestLoad | undefined>(undefined);
const UNSUPPORTED_MEDIA_TYPE = 415;
const VERSION_NOT_SUPPORTED = 505;

/**
 * Serves Connect and gRPC-Web: what `connectNodeAdapter` does, with the load counted, and with errors thrown where that one writes them
 * to the console.
 */
export function connectHandlers(routes: Routes, gate: AccessGate): Map<string, CallHandler> {
  const router = createConnectRouter({
    grpc: false,
    acceptCompression: [compressionGzip],
    readMaxBytes: WEB_MESSAGE_SIZE_BYTES_MAX,
    maxTimeoutMs: 2 * WEB_ACK_TIMEOUT_MS,
    // Before the body is read.
    requestGate: (context) => {
      context.values.get(LOAD)?.check();
      // Here and not in each call, so that one that is added later is not open by mistake.
      const permission = permissionOfCall(`/${context.service.typeName}/${context.method.name}`);
      const { keyId } = callerOf(gate, context, permission);
      if (keyId !== undefined) context.values.get(LOAD)?.claim(keyId);
    },
  });
  routes(router);
  const handlers = new Map<string, CallHandler>();
  for (const handler of router.handlers) {
    handlers.set(handler.requestPath, async (request, response, load) => {
      const values = createContextValues().set(LOAD, load);
      const call = universalRequestFromNodeRequest(request, response, undefined, values);
      const body = load.count(call.body as AsyncIterable<Uint8Array>);
      const answer = await handler({ ...call, body });
      const message = explain(answer.status, request);
      if (message === undefined) await universalResponseToNodeResponse(answer, response);
      else sendMessage(response, answer.status, message);
    });
  }
  return handlers;
}

/** What to say to statuses that the library sends without a word. */
function explain(status: number, request: IncomingMessage): string | undefined {
  if (status === UNSUPPORTED_MEDIA_TYPE) {
    const type = request.headers['content-type'];
    const what = type === undefined ? 'The content type is missing' : `The content type "${type}" is not known`;
    return `${what}. Send application/json or application/proto, or use a client of Connect or gRPC-Web.`;
  }
  if (status === VERSION_NOT_SUPPORTED) return 'This call streams both ways, which HTTP/1.1 cannot. Use the gRPC port.';
  return undefined;
}
