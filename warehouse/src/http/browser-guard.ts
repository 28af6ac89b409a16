import { isLoopback } from './listen-address.ts';

/**
 * Whether a request comes from a web page that has no business here. Any page in a browser on this machine can send
 * `POST http://127.0.0.1:8123/?query=DROP ...`, or get there by a name of its own that it points to 127.0.0.1; there is
 * no password that would stop it. Pages give themselves away by `Origin`, renamed addresses by `Host`.
 *
 * @param hosts names this server is reached by beside loopback's; undefined for any.
 */
export function isForeignPage(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  hosts: readonly string[] | undefined,
): boolean {
  const { host, origin } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) return true;
  if (hosts === undefined || host === undefined) return false;
  const name = hostOf(`http://${host}`)
    ?.replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
  return name === undefined || !(isLoopback(name) || hosts.includes(name));
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
