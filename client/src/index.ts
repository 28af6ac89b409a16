/** The client for applications on Node. */
export type {
  AckNotice,
  BlacklistNotice,
  BlacklistStats,
  ChildOptions,
  Consent,
  ConsentResult,
  DropNotice,
  EventExtras,
  FlushResult,
  OpenTimer,
  PerformanceTimer,
  Telemetry,
  TelemetryLedger,
  TelemetryLogger,
  TelemetryNotices,
  TelemetryStats,
} from './api.ts';
export type { BeforeLog } from './application-gate.ts';
export type { BlacklistSource, KnownBlacklist } from './blacklist-source.ts';
export { type Catalogue, defineCatalogue } from './catalogue/catalogue.ts';
export {
  type CatalogueDescription,
  describeCatalogue,
  type EventDescription,
  type PropertyDescription,
} from './catalogue/describe-catalogue.ts';
export type {
  EventDefinition,
  EventDefinitions,
  PropertyDefinition,
  PropertyDefinitions,
} from './catalogue/event-definition.ts';
export type { Channel, ChannelConnection, ConnectionListener } from './channel.ts';
export type { Audience, Core, Machine, OperatingSystem, Product, Session, User } from './core.ts';
export type { DropReasonName } from './drop-reason-name.ts';
export { ChannelError, type FailureKind } from './errors.ts';
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
} from './event.ts';
export type { TlsOptions } from './grpc/channel-credentials.ts';
export { type GrpcChannelOptions, grpcChannel } from './grpc/grpc-channel.ts';
export { type HttpChannelOptions, httpChannel } from './http/http-channel.ts';
export { createTelemetry } from './node/create-telemetry.ts';
export type { Platform, PlatformTimer } from './platform.ts';
export type { AudienceFacts, AudienceRules } from './privacy/audience.ts';
export type { KeyedHash } from './privacy/hash.ts';
export { type HashKey, keyedHash } from './privacy/keyed-hash.ts';
export type { PrivacyOptions } from './privacy/privacy-options.ts';
export type { ClassOf, PropertyClass } from './privacy/property-class.ts';
export type { ScrubCounts } from './privacy/scrub-counts.ts';
export type { RetryPolicy } from './retry-decision.ts';
export type { ExitBackend, StoreBackend, StoreLock } from './store/store-backend.ts';
export type { FolderStore, TelemetryOptions } from './telemetry-options.ts';
