import type { DescMessage } from '@bufbuild/protobuf';
import { createRegistry } from '@bufbuild/protobuf';
import {
  file_telemetry_v1_blacklist,
  file_telemetry_v1_blacklist_service,
  file_telemetry_v1_collector_service,
  file_telemetry_v1_core,
  file_telemetry_v1_data_model,
  file_telemetry_v1_error_reason,
  file_telemetry_v1_event,
  file_telemetry_v1_limits,
} from '@telemetry/gen';
import { file_google_rpc_error_details, file_google_rpc_status } from '@telemetry/gen/google-rpc';

/** The files of the protocol itself, in the order of their names. */
export const protocolFiles = [
  file_telemetry_v1_blacklist,
  file_telemetry_v1_blacklist_service,
  file_telemetry_v1_collector_service,
  file_telemetry_v1_core,
  file_telemetry_v1_data_model,
  file_telemetry_v1_error_reason,
  file_telemetry_v1_event,
  file_telemetry_v1_limits,
];

/** Every type a golden file may hold: the protocol's own, and those of gRPC's error model. */
export const goldenRegistry = createRegistry(...protocolFiles, file_google_rpc_error_details, file_google_rpc_status);

/** The message type of that name; throws for one that the generated code does not have. */
export function messageType(typeName: string): DescMessage {
  const schema = goldenRegistry.getMessage(typeName);
  if (schema === undefined) {
    throw new Error(`no message type ${typeName} in the generated code: a type that was once sent can not be removed`);
  }
  return schema;
}
