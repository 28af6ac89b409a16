import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { batch, event, field, plainRequest, serialize } from '../collector/support/batches.ts';
import { eventually } from '../support/eventually.ts';
import { frame } from '../support/grpc-messages.ts';
import { metric } from '../web/support/web-collector.ts';
import { createSystem } from './support/create-system.ts';
import { GoodClient } from './support/good-client.ts';
import { faultSeed } from './support/make-fault-batches.ts';
import { memoryOf } from './support/memory.ts';
import { openSession, openUnreadStream } from './support/raw-http2.ts';

const readers = 100;
const requestsPerMessage = 5;
/** What the good client may have in flight while the counts are read. */
const batchesOfGoodMessage = 10;
/** The heap that `serve` allows it (384), what is held for those who do not read (64), staging buffers (32), Node itself (60). */
const collectorMibMax = 540;

/** A batch of which a hundred events are dropped and named, so that its acknowledgement is larger than itself. */
const events = Array.from({ length: 100 }, (_, index) => event(index + 2, { timeUnixUs: 1n, name: 'n' }));
const template = serialize(batch({ events: [event(1, { timeUnixUs: BigInt(Date.now()) * 1000n }), ...events] }));

function fatAckRequest(): Uint8Array {
  // The producer's id stands behind the first two bytes.
  return plainRequest(Buffer.concat([template.subarray(0, 2), randomBytes(16), template.subarray(18)]));
}

test('clients that send and never read are read no further, and harm nobody', { timeout: 90_000 }, async () => {
  const system = await createSystem();
  await system.start('collector');
  const good = new GoodClient(system.grpcAddress, 'slow-readers', faultSeed('slow readers'));
  const idleMib = memoryOf(system.collector.pid).residentMib;
  good.start();
  const sessions = await Promise.all(Array.from({ length: readers }, () => openSession(system.grpcAddress)));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  let writing = 0;
  for (const session of sessions) {
    const stream = openUnreadStream(session);
    const write = () => {
      writing++;
      const requests = Array.from({ length: requestsPerMessage }, () => field(1, fatAckRequest()));
      stream.write(frame(Buffer.concat(requests)), (error) => {
        writing--;
        if (error === null || error === undefined) write();
      });
    };
    write();
  }
  // Until the collector takes nothing more of them.
  const taken = async () => metric(await system.metrics(), 'telemetry_batches_total', { outcome: 'accepted' });
  let before = 0;
  await eventually(async () => ((await taken()) > good.sent.length + readers ? true : undefined), 30_000);
  for (let stillSinceMs = performance.now(); performance.now() - stillSinceMs < 2_000; await setTimeout(100)) {
    const now = (await taken()) - good.sent.length;
    if (now > before + batchesOfGoodMessage) {
      before = now;
      stillSinceMs = performance.now();
    }
  }
  expect(before).toBeGreaterThan(readers);
  expect(writing, 'all of them wait').toBe(readers);
  const { peakMib } = memoryOf(system.collector.pid);
  console.info(`${readers} slow readers: ${before} batches taken, collector ${idleMib} then ${peakMib} MiB`);
  expect(peakMib).toBeLessThan(collectorMibMax);
  await good.stop();
  expect(good.sent.length).toBeGreaterThan(50);
  for (const session of sessions) session.destroy();
  await eventually(
    async () => (metric(await system.metrics(), 'telemetry_streams_open') <= 1 ? true : undefined),
    10_000,
    () => 'streams of clients that are gone stay open',
  );
  good.close();
  system.expectAlive();
});
