import { setDefaultHighWaterMark } from 'node:stream';
import { BlacklistService, CollectorService, type Limits } from '@telemetry/gen';
import { createServer, type Server } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { ServerReflection } from 'nice-grpc-server-reflection';
import type { AccessGate } from '../access/access-gate.ts';
import type { Admission } from '../admission/admit-batch.ts';
import * as bounds from '../limits.ts';
import { accessInterceptor } from './access-interceptor.ts';
import type { BlacklistDesk } from './blacklist-desk.ts';
import { blacklistService, blacklistServiceDefinition } from './blacklist-service.ts';
import { collectorService, collectorServiceDefinition } from './collector-service.ts';
import type { GrpcLoad } from './grpc-load.ts';
import type { Receiver } from './receiver.ts';
import { fileDescriptorSet } from './reflection.ts';
import { checkedReflectionService } from './reflection-service.ts';

const SERVICES = [CollectorService, BlacklistService];

/** The gRPC server with its services, not listening yet, and the state that its health service reports. */
export function createGrpcServer(
  receiver: Receiver,
  admission: Admission,
  limits: Limits,
  blacklistVersion: () => number,
  blacklistDesk: BlacklistDesk,
  gate: AccessGate,
  load: GrpcLoad,
): { server: Server; health: HealthState } {
  // The library's streams of messages hold sixteen each before they push back, and a message may have 16 MiB. It has no option for this.
  setDefaultHighWaterMark(true, bounds.GRPC_MESSAGES_AHEAD_MAX);
  const server = createServer({
    'grpc.max_receive_message_length': bounds.GRPC_MESSAGE_SIZE_BYTES_MAX,
    'grpc.max_send_message_length': bounds.GRPC_MESSAGE_SIZE_BYTES_MAX,
    'grpc.max_concurrent_streams': bounds.GRPC_CALLS_PER_CONNECTION_MAX,
    'grpc.max_connection_idle_ms': bounds.GRPC_CONNECTION_IDLE_MS,
    'grpc.keepalive_time_ms': bounds.GRPC_KEEPALIVE_TIME_MS,
    'grpc.keepalive_timeout_ms': bounds.GRPC_KEEPALIVE_TIMEOUT_MS,
    // A port that another process has must be an error, not shared with it.
    'grpc.so_reuseport': 0,
    interceptors: [load.calls.interceptor, accessInterceptor(gate, load.sharedCalls, load.retryDelay)],
  });
  const health = HealthState();
  server.add(collectorServiceDefinition, collectorService(receiver, admission, limits, blacklistVersion, gate));
  server.add(blacklistServiceDefinition, blacklistService(blacklistDesk, gate));
  server.add(HealthDefinition, HealthServiceImpl(health));
  const names = SERVICES.map((service) => service.typeName);
  server.add(checkedReflectionService, ServerReflection(fileDescriptorSet(SERVICES), names));
  for (const name of ['', ...names]) health.setStatus('unhealthy', name);
  return { server, health };
}

/** Sets the health of the server as a whole and of each of its services. */
export function setHealth(health: HealthState, isHealthy: boolean): void {
  for (const name of ['', ...SERVICES.map((service) => service.typeName)]) {
    const status = isHealthy ? 'healthy' : 'unhealthy';
    if (health.getStatus(name) !== status) health.setStatus(status, name);
  }
}
