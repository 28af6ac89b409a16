/** A line of os-release: a name, and a value that a shell would read. */
const line = /^([A-Z][A-Z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*?))\s*$/;

/** The values of an os-release file (freedesktop.org's format, the one of `/etc/os-release`). */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const written of text.split('\n')) {
    const [, name, inDouble, inSingle, plain] = line.exec(written.trim()) ?? [];
    if (name !== undefined) {
      values.set(name, inDouble?.replace(/\\(.)/g, '$1') ?? inSingle ?? plain ?? '');
    }
  }
  return values;
}

/**
 * Distribution and version as people know them, such as "Ubuntu 24.04" or "Arch Linux", which has no versions.
 *
 * @returns undefined where the file says neither.
 */
export function linuxVersion(osRelease: string): string | undefined {
  const values = parseOsRelease(osRelease);
  const name = values.get('NAME') ?? values.get('ID');
  const version = values.get('VERSION_ID');
  const parts = [name, version].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? undefined : parts.join(' ');
}
