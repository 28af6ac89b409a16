/** The client for web pages and workers. */
export type {
  AckNotice,
  DropNotice,
  EventExtras,
  FlushResult,
  Telemetry,
  TelemetryLedger,
  TelemetryNotices,
  TelemetryStats,
} from '../api.ts';
export type { Channel, ChannelConnection, ConnectionListener } from '../channel.ts';
export type { Audience, Core, Machine, OperatingSystem, Product, Session, User } from '../core.ts';
export type { DropReasonName } from '../drop-reason-name.ts';
export { ChannelError, type FailureKind } from '../errors.ts';
export type {
  EventData,
  EventTier,
  FaultData,
  FeatureUseData,
  PerformanceData,
  ProjectActivityData,
  SessionEndData,
  SessionStartData,
  TelemetryEvent,
} from '../event.ts';
export { type HttpChannelOptions, httpChannel } from '../http/http-channel.ts';
export type { Platform, PlatformTimer } from '../platform.ts';
export type { RetryPolicy } from '../retry-decision.ts';
export { type BrowserTelemetryOptions as TelemetryOptions, createTelemetry } from './create-telemetry.ts';
export type { PageStore } from './page-store.ts';
