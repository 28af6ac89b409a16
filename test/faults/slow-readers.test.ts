import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { batch, event, plainRequest, serialize } from '../collector/support/batches.ts';
import { RawClient } from '../collector/support/raw-client.ts';
import { metric } from '../web/support/web-collector.ts';
import { FaultSystem } from './support/fault-system.ts';
import { GoodClient } from './support/good-client.ts';
import { faultSeed } from './support/make-fault-batches.ts';
import { memoryOf } from './support/memory.ts';

const readers = 40;
const requestsPerMessage = 5;
/** All that is held for those who do not read (64), twice while it is copied, and the heap's garbage. */
const growthMibMax = 300;

/** A batch of which a hundred events are dropped and named, so that its acknowledgement is larger than itself. */
const events = Array.from({ length: 100 }, (_, index) => event(index + 2, { timeUnixUs: 1n, name: 'n' }));
const template = serialize(batch({ events: [event(1, { timeUnixUs: BigInt(Date.now()) * 1000n }), ...events] }));

function fatAckRequest(): Uint8Array {
  // The producer's id stands behind the first two bytes.
  return plainRequest(Buffer.concat([template.subarray(0, 2), randomBytes(16), template.subarray(18)]));
}

test('clients that send and never read are read no further, and harm nobody', { timeout: 90_000 }, async () => {
  const system = await FaultSystem.create();
  await system.start('collector');
  const good = new GoodClient(system.grpcAddress, 'slow-readers', faultSeed('slow readers'));
  const idleMib = memoryOf(system.collector.pid).residentMib;
  good.start();
  const clients = Array.from({ length: readers }, () => new RawClient(system.grpcAddress));
  let isOver = false;
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  let sent = 0;
  const sending = clients.map(async (client) => {
    const stream = client.stream();
    stream.pauseReading();
    while (!isOver) {
      const room = stream.send(...Array.from({ length: requestsPerMessage }, fatAckRequest));
      sent += requestsPerMessage;
      await Promise.race([room, over]);
      // Others have their turn.
      await setTimeout(1);
    }
    stream.cancel();
  });
  // Until the collector takes no more of them.
  const taken = async () => metric(await system.metrics(), 'telemetry_batches_total', { outcome: 'accepted' });
  let before = -1;
  for (let still = 0; still < 3; ) {
    await setTimeout(300);
    const now = (await taken()) - good.sent.length;
    still = Math.abs(now - before) <= 30 ? still + 1 : 0;
    before = now;
  }
  expect(before).toBeGreaterThan(readers);
  expect(sent).toBeGreaterThan(before);
  const { peakMib } = memoryOf(system.collector.pid);
  console.info(`${readers} slow readers: ${before} of ${sent} batches taken, collector ${idleMib} then ${peakMib} MiB`);
  isOver = true;
  end();
  await Promise.all(sending);
  for (const client of clients) client.close();
  await good.stop();
  expect(good.sent.length).toBeGreaterThan(50);
  expect(peakMib - idleMib).toBeLessThan(growthMibMax);
  good.close();
  system.expectAlive();
});
