/** Builds of Windows 10 and 11 by the names of their releases. */
const releases: ReadonlyMap<number, string> = new Map([
  [10240, '10 1507'],
  [10586, '10 1511'],
  [14393, '10 1607'],
  [15063, '10 1703'],
  [16299, '10 1709'],
  [17134, '10 1803'],
  [17763, '10 1809'],
  [18362, '10 1903'],
  [18363, '10 1909'],
  [19041, '10 2004'],
  [19042, '10 20H2'],
  [19043, '10 21H1'],
  [19044, '10 21H2'],
  [19045, '10 22H2'],
  [22000, '11 21H2'],
  [22621, '11 22H2'],
  [22631, '11 23H2'],
  [26100, '11 24H2'],
  [26200, '11 25H2'],
]);

/** The first build that calls itself Windows 11; its version number is still 10.0. */
const firstBuildOf11 = 22000;

const older: Readonly<Record<string, string>> = { '6.1': '7', '6.2': '8', '6.3': '8.1' };

/**
 * The version as Windows reports it and, in parentheses, as people know it: "10.0.26100 (11 24H2)", "10.0.20348 (Server 2022)".
 *
 * @param release of `os.release()`, such as "10.0.26100".
 * @param edition of `os.version()`, such as "Windows 11 Pro" or "Windows Server 2022 Datacenter".
 */
export function windowsVersion(release: string, edition: string): string {
  const known = knownAs(release, edition);
  return known === undefined ? release : `${release} (${known})`;
}

function knownAs(release: string, edition: string): string | undefined {
  const server = /Server (\d{4}(?: R2)?)/.exec(edition)?.[1];
  if (server !== undefined) {
    return `Server ${server}`;
  }
  const [, version = '', build = ''] = /^(\d+\.\d+)\.(\d+)/.exec(release) ?? [];
  if (version !== '10.0') {
    return older[version];
  }
  return releases.get(Number(build)) ?? (Number(build) >= firstBuildOf11 ? '11' : '10');
}
