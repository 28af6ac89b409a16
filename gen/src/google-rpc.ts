/** The rich error model of gRPC: the status message and its details. */
export * from './generated/google/rpc/error_details_pb.ts';
export * from './generated/google/rpc/status_pb.ts';
