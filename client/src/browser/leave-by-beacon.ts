import type { OutlivingRequests } from '../http/outliving-requests.ts';
import { callUrl, publishMethod } from '../http/post-call.ts';
import type { Platform } from '../platform.ts';
import { sentAgain } from '../wire/encode-publish-request.ts';
import type { PageScope } from './page-scope.ts';

/**
 * The page may end: where its requests end with it, as in Firefox before version 133, beacons take along what they have. A beacon has no answer:
 * if the page goes on, so does the request. It says that it may be the second one, so that the batch counts once. It has no headers either: what
 * needs a key is not sent so. And it brings the page's address and cookies, as beacons do.
 */
export function leaveByBeacon(
  { Request, navigator }: PageScope,
  requests: OutlivingRequests,
  platform: Platform,
): void {
  if (Request && !('keepalive' in Request.prototype)) {
    requests.sendBy(({ address, headers }, body) => {
      if (Object.keys(headers).length === 0) {
        navigator?.sendBeacon?.(
          callUrl(address, publishMethod),
          new Blob([body, sentAgain], { type: 'application/proto' }),
        );
      }
    });
    // A page that ends never comes to this.
    platform.setTimer(() => requests.sendBy(), 0);
  }
}
