/** The protocol `telemetry.v1`: generated messages and services, and its limits. */
export * from './generated/telemetry/v1/blacklist_pb.ts';
export * from './generated/telemetry/v1/blacklist_service_pb.ts';
export * from './generated/telemetry/v1/collector_service_pb.ts';
export * from './generated/telemetry/v1/core_pb.ts';
export * from './generated/telemetry/v1/data_model_pb.ts';
export * from './generated/telemetry/v1/error_reason_pb.ts';
export * from './generated/telemetry/v1/event_pb.ts';
export * from './generated/telemetry/v1/limits_pb.ts';
export { protocolLimits } from './limits.ts';
