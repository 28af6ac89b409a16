/** [1]: scheme, [2]: host, in brackets where it is an IPv6 address, [3]: port. */
const endpointPattern = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})\/?$/;

/**
 * Checks the address of a collector, and brings it into one form.
 *
 * @throws TypeError saying what an address looks like.
 */
export function parseEndpoint(endpoint: string): string {
  const match = endpointPattern.exec(endpoint);
  const port = Number(match?.[3] ?? 0);
  if (match === null || port < 1 || port > 65_535) {
    throw new TypeError(
      `endpoint: ${JSON.stringify(endpoint)} is not the address of a collector; give "host:port", "http://host:port" or "https://host:port"`,
    );
  }
  const scheme = match[1] === undefined ? '' : `${match[1]}://`;
  return `${scheme}${match[2]}:${port}`;
}
