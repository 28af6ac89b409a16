/**
 * What the warehouse's callers need, and no engine: the schema and its migrations, the load, the questions. The process that holds the
 * engine is `@telemetry/warehouse/process`.
 */
export { AccessError } from './access/access-error.ts';
export type { AccessKey, KeyRole } from './access/access-key.ts';
export { isKeyId, KEY_ROLES, makeAccessKey } from './access/access-key.ts';
export type { AccessKeys } from './access/access-keys.ts';
export { noAccessKeys } from './access/access-keys.ts';
export { changeKeys } from './access/change-keys.ts';
export { readKeyFile } from './access/key-file.ts';
export { KeyWatch } from './access/key-watch.ts';
export type { AccessOptions, OpenAccess } from './access/open-access.ts';
export { missingForRemote, openAccess } from './access/open-access.ts';
export { bearerKey } from './access/request-key.ts';
export type { TlsFiles, TlsMaterial } from './access/tls-material.ts';
export { httpsServerOptions, secureContextOptions } from './access/tls-material.ts';
export { TlsWatch } from './access/tls-watch.ts';

export type { AuditOptions, AuditOutcome } from './audit/audit-and-repair.ts';
export { auditAndRepair } from './audit/audit-and-repair.ts';
export type { AuditFilter } from './audit/audit-filter.ts';
export type { AuditReport, Finding, NotJudged, PendingSegment, ReceivedSums } from './audit/finding.ts';
export type { Repair } from './audit/repair-desk.ts';
export type { NewBlacklistChange } from './blacklist/append-blacklist-change.ts';
export { appendBlacklistChange } from './blacklist/append-blacklist-change.ts';
export type { BlacklistErrorKind } from './blacklist/blacklist-error.ts';
export { BlacklistError } from './blacklist/blacklist-error.ts';
export { BLACKLIST_API_VERSION, readBlacklist, readBlacklistVersion } from './blacklist/read-blacklist.ts';
export type { BlacklistChangesPage } from './blacklist/read-blacklist-changes.ts';
export { readBlacklistChanges } from './blacklist/read-blacklist-changes.ts';
export type { BatchClaim, BatchKey, ClaimState } from './claims/batch-claims.ts';
export { dropStaleClaims, readClaims, setClaims } from './claims/batch-claims.ts';
export { isOnlyCollector, registerCollector } from './claims/register-collector.ts';
export type { StandingLease } from './lease/standing-leases.ts';
export { readStandingLeases } from './lease/standing-leases.ts';
export type { SegmentAnnouncement } from './ledger/announce-segment.ts';
export { announceSegment } from './ledger/announce-segment.ts';
export type { LedgerRow } from './ledger/encode-ledger-rows.ts';
export { LedgerRowEncoder } from './ledger/encode-ledger-rows.ts';
export { isSegmentAnnounced, ledgerDigests } from './ledger/read-ledger.ts';
export type { RejectedBatch, Rejection } from './ledger/record-rejected.ts';
export { recordRejected } from './ledger/record-rejected.ts';
export type { SegmentLoad } from './ledger/record-segment-load.ts';
export { recordSegmentLoad } from './ledger/record-segment-load.ts';
export { QUERY_TIME_LIMIT_MS, REPAIR_LEASE_LOOK_MS } from './limits.ts';
export type { MigrateOptions, MigrationResult } from './migrations/migrate.ts';
export { migrate } from './migrations/migrate.ts';
export type { MigrationErrorKind } from './migrations/migration-error.ts';
export { MigrationError } from './migrations/migration-error.ts';
export { OwnerLock } from './ownership/owner-lock.ts';
export { makePrivateFolder } from './ownership/private-folder.ts';
export type { FeatureCount, FeatureCountFilter } from './questions/feature-counts.ts';
export { featureCounts } from './questions/feature-counts.ts';
export { QuestionError } from './questions/question-error.ts';
export type { LoadOptions } from './schema/load-statement.ts';
export { loadStatement, probeStatement } from './schema/load-statement.ts';
export { WarehouseError, type WarehouseErrorKind } from './warehouse-error.ts';
