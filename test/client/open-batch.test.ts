import { expect, test } from 'vitest';
import type { BanList } from '../../client/src/ban-list.ts';
import { OpenBatch } from '../../client/src/open-batch.ts';
import { assembleBatch } from '../../client/src/wire/encode-batch.ts';
import { coreBytesOf } from '../../client/src/wire/encode-core.ts';
import { seededRandom } from './support/random.ts';

const producerId = new Uint8Array(16).fill(7);
const bans: BanList = { version: 3, forCore: () => (name) => name === 'banned' };

test('is the batch of its events from the first byte on, over cores, cuts and events that did not fit', () => {
  const random = seededRandom();
  const open = new OpenBatch(producerId, coreBytesOf({ product: { name: 'editor' } }));
  let seq = 0;
  let batches = 0;
  for (let round = 0; round < 2_000; round++) {
    const step = random.int(0, 9);
    if (step === 0 && open.count === 0) {
      open.setCore(coreBytesOf({ product: { name: random.text() || 'x' } }));
    } else if (step === 1) {
      open.cutBanned(bans);
    } else if (step === 2) {
      const { sizeBytes } = open;
      const { coreBytes, bytes, batchBytes, count } = open.take();
      expect(bytes).toHaveLength(sizeBytes);
      expect(batchBytes, `round ${round}`).toStrictEqual(assembleBatch(producerId, coreBytes, bytes, []));
      expect([open.count, open.sizeBytes]).toStrictEqual([0, 0]);
      batches += count > 0 ? 1 : 0;
    } else if (step === 3) {
      const { sizeBytes } = open;
      expect(open.add(++seq, 1, { name: 'large', data: { kind: 'fault', type: 'x'.repeat(300_000) } })).toBe(false);
      expect(open.sizeBytes).toBe(sizeBytes);
    } else {
      open.add(++seq, 1, { name: random.chance(0.3) ? 'banned' : 'kept', properties: { text: random.text() } });
    }
  }
  expect(batches).toBeGreaterThan(50);
});
