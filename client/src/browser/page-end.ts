import type { PageScope } from './page-scope.ts';

/**
 * Tells each time when a page may end: it is hidden, which is the last that many phones say of it, or left. It may come back all the same.
 *
 * @returns what ends that.
 */
export function watchPageEnd(scope: PageScope, onLeaving: (ends: boolean) => void): () => void {
  const { document } = scope;
  const onVisibility = (): void => {
    if (document?.visibilityState === 'hidden') {
      onLeaving(false);
    }
  };
  const onPageHide = (): void => onLeaving(true);
  const until = new AbortController();
  document?.addEventListener('visibilitychange', onVisibility, until);
  scope.addEventListener?.('pagehide', onPageHide, until);
  return () => until.abort();
}
