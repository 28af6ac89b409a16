/**
 * Checks the address of a collector's web port, and brings it into one form: without a slash at its end.
 *
 * @param pageUrl address that a relative one is resolved against, where there is a page.
 * @throws TypeError saying what an address looks like.
 */
export function parseWebEndpoint(endpoint: string, pageUrl?: string): string {
  const url = URL.canParse(endpoint, pageUrl) ? new URL(endpoint, pageUrl) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isWeb || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      `endpoint: ${JSON.stringify(endpoint)} is not the address of a collector's web port; give "https://host", with ":port" where it has one`,
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}
