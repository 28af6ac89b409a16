import { expectRawKind, type Kind, type KindDetails } from '../support/expect-kind.ts';
import type { RawCall } from '../support/raw-collector.ts';
import type { RowTest, RowTests } from '../support/row-test.ts';

/** What something between client and collector says: an HTTP status, a page, and no status of gRPC. */
function page(kind: Kind, status: number, details: KindDetails = {}): RowTest {
  const answer = (call: RawCall) => {
    call.stream.respond({ ':status': status, 'content-type': 'text/html' });
    call.stream.end('<html><body>as told</body></html>');
  };
  return () => expectRawKind(kind, answer, details);
}

/** Of HTTP. */
export const httpRows: RowTests = {
  'http-401': page('hold', 401),
  'http-403': page('hold', 403),
  // gRPC takes it for a call that is not there, so that `Publish` is tried, which is not there either.
  'http-404': page('hold', 404, { attempts: [1, 3] }),
  'http-429': page('retry', 429),
  'http-502': page('retry', 502),
  'http-503': page('retry', 503),
  'http-page': page('retry', 200),
};
