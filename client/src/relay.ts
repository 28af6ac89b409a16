/**
 * For tools that stand in for many machines: batches of any producer, sealed by hand, sent over few streams. Applications use
 * `createTelemetry` instead, which numbers, bounds and accounts for its events.
 */
export type { Channel } from './channel.ts';
export type { Audience, Core, Machine, OperatingSystem, Product, Session, User } from './core.ts';
export { ChannelError } from './errors.ts';
export { type GrpcChannelOptions, grpcChannel } from './grpc/grpc-channel.ts';
export type { Gzip } from './gzip.ts';
export {
  openPublishPool,
  type PublishPool,
  type PublishPoolOptions,
  type PublishPoolStats,
} from './relay/publish-pool.ts';
export type { RetryPolicy } from './retry-decision.ts';
export { type SealedBatch, sealBatch, sealBytes } from './seal-batch.ts';
export type { Settlement } from './upload.ts';
export type { Ack } from './wire/decode-acks.ts';
export { type BatchContent, type DroppedRange, encodeBatch, type SequencedEvent } from './wire/encode-batch.ts';
