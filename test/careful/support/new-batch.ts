import { hash, randomBytes } from 'node:crypto';
import { CollectorFields } from '../../../collector/src/spool/collector-fields.ts';
import { batch, event, serialize } from '../../collector/support/batches.ts';
import { contentOf, recordOf } from '../../collector/support/records.ts';

const nowUs = Date.now() * 1000;

/** A batch of so many events, as a rule with a producer of its own. */
export function newBatch(
  events: number,
  producerId: Uint8Array = randomBytes(16),
  name = 'page.viewed',
): { bytes: Uint8Array; record(collectorId: string): Buffer } {
  const timeUnixUs = BigInt(nowUs);
  const message = batch({
    producerId,
    events: Array.from({ length: events }, (_, index) => event(index + 1, { timeUnixUs, name })),
  });
  const bytes = serialize(message);
  const numbers = new Set(message.events.map((_, index) => index + 1));
  return {
    bytes,
    record(collectorId) {
      const collectorFields = new CollectorFields(collectorId).encode(nowUs, hash('sha1', bytes, 'buffer'));
      return recordOf({ ...contentOf(message, numbers, false), collectorFields });
    },
  };
}
