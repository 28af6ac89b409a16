import { BlacklistService, CollectorService } from '@telemetry/gen';
import type { KeyRole } from '@telemetry/warehouse';

/**
 * What a caller wants to do: send events; know what a client must know; change the blacklist or see who did; read metrics. `nothing` is
 * what everybody may.
 */
export type Permission = 'publish' | 'know' | 'change' | 'measure' | 'nothing';

const GRANTS: Readonly<Record<KeyRole, readonly Permission[]>> = {
  ingest: ['publish', 'know'],
  admin: ['know', 'change', 'measure'],
  reader: ['measure'],
  service: ['publish', 'know', 'change', 'measure'],
};

const collector = CollectorService.typeName;
const blacklist = BlacklistService.typeName;

const PERMISSION_OF_CALL = new Map<string, Permission>([
  [`/${collector}/Publish`, 'publish'],
  [`/${collector}/PublishStream`, 'publish'],
  [`/${collector}/GetLimits`, 'know'],
  [`/${blacklist}/GetBlacklist`, 'know'],
  [`/${blacklist}/WatchBlacklist`, 'know'],
  [`/${blacklist}/ChangeBlacklist`, 'change'],
  [`/${blacklist}/ListBlacklistChanges`, 'change'],
]);

/**
 * Health says whether the collector takes batches, and is asked by load balancers and orchestrators that have no keys. Reflection tells
 * the schema, which is public.
 */
const OPEN_SERVICES = ['/grpc.health.v1.Health/', '/grpc.reflection.'];

/** What a call, by its path `/service/method`, needs. One that is not known here needs the most. */
export function permissionOfCall(path: string): Permission {
  const permission = PERMISSION_OF_CALL.get(path);
  if (permission !== undefined) return permission;
  return OPEN_SERVICES.some((prefix) => path.startsWith(prefix)) ? 'nothing' : 'change';
}

/** Whether a key of this role may do it. */
export function isGranted(role: KeyRole, permission: Permission): boolean {
  return permission === 'nothing' || GRANTS[role].includes(permission);
}

/** Roles of the file that may do it, for people. */
export function rolesFor(permission: Permission): string {
  const roles = (['ingest', 'admin', 'reader'] as const).filter((role) => isGranted(role, permission));
  return roles.join(' or ');
}
