/**
 * What the warehouse's callers need, and no engine: the schema and its migrations, the load, the questions. The process that holds the
 * engine is `@telemetry/warehouse/process`.
 */
export type { MigrateOptions, MigrationResult } from './migrations/migrate.ts';
export { migrate } from './migrations/migrate.ts';
export type { MigrationErrorKind } from './migrations/migration-error.ts';
export { MigrationError } from './migrations/migration-error.ts';
export { makeFolderWithParents } from './ownership/make-folder-with-parents.ts';
export { OwnerLock } from './ownership/owner-lock.ts';
export type { FeatureCount, FeatureCountFilter } from './questions/feature-counts.ts';
export { featureCounts } from './questions/feature-counts.ts';
export { QuestionError } from './questions/question-error.ts';
export type { LoadOptions } from './schema/load-statement.ts';
export { loadStatement } from './schema/load-statement.ts';
export { WarehouseError, type WarehouseErrorKind } from './warehouse-error.ts';
