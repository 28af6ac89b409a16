import { onlineJitterMs } from '../limits.ts';
import type { Platform, PlatformTimer } from '../platform.ts';
import type { PageScope } from './page-scope.ts';

/**
 * Tells when a page has a network again: some time after the browser says so, since it is often a whole region that has it again. Once, however
 * often it comes and goes meanwhile.
 *
 * @returns what ends that.
 */
export function watchPageOnline(
  scope: PageScope,
  platform: Pick<Platform, 'random' | 'setTimer'>,
  onOnline: () => void,
): () => void {
  let timer: PlatformTimer | undefined;
  const onEvent = (): void => {
    timer ??= platform.setTimer(() => {
      timer = undefined;
      onOnline();
    }, platform.random() * onlineJitterMs);
  };
  const until = new AbortController();
  scope.addEventListener?.('online', onEvent, until);
  return () => {
    until.abort();
    timer?.cancel();
  };
}
