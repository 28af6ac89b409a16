import { posix } from 'node:path';

/** The scope of the repository's own packages on npm. */
const ownScope = '@telemetry/';

/**
 * The path from the root of the repository that an import leads to, whether it climbs there (`../../gen/src/x.ts`) or names a package
 * of ours (`@telemetry/gen`, which leads to `gen`). `undefined` for a package of somebody else's, or of Node's.
 */
export function importTarget(fromPath: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    return posix.join(posix.dirname(fromPath), specifier);
  }
  return specifier.startsWith(ownScope) ? specifier.slice(ownScope.length) : undefined;
}
