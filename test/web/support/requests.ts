import { randomBytes } from 'node:crypto';
import type { EventBatch } from '@telemetry/gen';
import { batch, event } from '../../collector/support/batches.ts';

/** A batch of this moment by a producer of its own. */
export function freshBatch(product = 'editor', events = 1): EventBatch {
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  return batch({
    producerId: randomBytes(16),
    core: { product: { name: product } },
    events: Array.from({ length: events }, (_, index) => event(index + 1, { timeUnixUs })),
  });
}

/** JSON of a `PublishRequest` with such a batch, as somebody types it. */
export function freshJson(product = 'editor'): string {
  const timeUnixUs = String(Date.now() * 1000);
  return JSON.stringify({
    batch: {
      producerId: randomBytes(16).toString('base64'),
      core: { product: { name: product } },
      events: [{ seq: '1', timeUnixUs, name: 'editor.started' }],
    },
  });
}
