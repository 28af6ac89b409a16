import { expectRawKind, type Kind } from '../support/expect-kind.ts';
import type { RowTest, RowTests } from '../support/row-test.ts';

/** What something between client and collector says: an HTTP status, a page, and no status of gRPC. */
function page(kind: Kind, status: number): RowTest {
  return () =>
    expectRawKind(kind, (call) => {
      call.stream.respond({ ':status': status, 'content-type': 'text/html' });
      call.stream.end('<html><body>as told</body></html>');
    });
}

/** Of HTTP. */
export const httpRows: RowTests = {
  'http-401': page('hold', 401),
  'http-403': page('hold', 403),
  'http-404': page('hold', 404),
  'http-429': page('retry', 429),
  'http-502': page('retry', 502),
  'http-503': page('retry', 503),
  'http-page': page('retry', 200),
};
