import { type Ack, ErrorReason, Outcome } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { metric } from '../web/support/web-collector.ts';
import { createSystem } from './support/create-system.ts';
import { expectStoredOnce } from './support/expect-stored-once.ts';
import { bulkBatches } from './support/make-fault-batches.ts';
import { forgetPeak, memoryOf } from './support/memory.ts';
import { Sender } from './support/sender.ts';
import { untilDrained } from './support/until-drained.ts';

const quotaMib = 24;
/** What the collector may grow by while it holds an outage's batches: they are on disk. */
const growthMibMax = 120;

test('a warehouse that is down: intake up to the quota, then refusals, and a drain faster than the intake', {
  timeout: 120_000,
}, async () => {
  const system = await createSystem({ collectorArgs: ['--spool-max-mib', String(quotaMib)] });
  await system.makeTables();
  await system.start('collector');
  const { pid } = system.collector;
  const sender = new Sender(system.grpcAddress);
  const product = 'outage';
  const batches = bulkBatches({ product, batches: 400, eventsPerBatch: 100, textSizeBytes: 1_200 });
  await system.untilReadiness([]);
  const idleMib = memoryOf(pid).residentMib;
  forgetPeak(pid);

  let wasUnreadyBefore = false;
  let refusal: Ack | undefined;
  const intakeStartMs = performance.now();
  for (let start = 0; refusal === undefined && start < batches.length; start += 10) {
    wasUnreadyBefore ||= (await system.readiness()).codes.includes('spool_nearly_full');
    const acks = await sender.offer(batches.slice(start, start + 10));
    expect(acks).not.toContain(undefined);
    refusal = acks.find((ack) => ack?.outcome !== Outcome.ACCEPTED);
  }
  const intakeMs = performance.now() - intakeStartMs;
  expect(refusal).toMatchObject({
    outcome: Outcome.DEFERRED,
    rejection: { reason: ErrorReason.OVERLOADED, message: expect.stringContaining('warehouse') },
  });
  expect(Number(refusal?.retryDelay?.seconds ?? 0) * 1e9 + (refusal?.retryDelay?.nanos ?? 0)).toBeGreaterThan(2e8);
  expect(wasUnreadyBefore, 'it is not ready before it refuses').toBe(true);
  await system.untilReadiness(['spool_nearly_full']);
  const acked = batches.filter(({ isAcknowledged }) => isAcknowledged);
  expect(metric(await system.metrics(), 'telemetry_spool_bytes')).toBeGreaterThanOrEqual(quotaMib * 1024 * 1024);
  const peakMib = memoryOf(pid).peakMib;
  expect(peakMib - idleMib).toBeLessThan(growthMibMax);

  await system.start('warehouse');
  const drainStartMs = performance.now();
  await untilDrained(system);
  const drainMs = performance.now() - drainStartMs;
  await system.untilReadiness([]);
  console.info(
    `${acked.length * 100} events taken in ${intakeMs.toFixed(0)} ms, drained in ${drainMs.toFixed(0)} ms; ` +
      `collector ${idleMib} MiB idle, ${peakMib} MiB at most in the outage`,
  );

  // Those that were refused are taken now; all are there once.
  const refused = batches.filter(({ attempts, isAcknowledged }) => attempts > 0 && !isAcknowledged);
  expect(refused.length).toBeGreaterThan(0);
  await sender.deliver(refused);
  const sent = batches.filter(({ attempts }) => attempts > 0);
  expect(await expectStoredOnce(system, product, sent)).toBe(sent.length * 100);
  await system.stop('collector');
  await system.stop('warehouse');
});

test('a warehouse that comes back: the backlog shrinks while batches go on coming', { timeout: 120_000 }, async () => {
  const system = await createSystem();
  await system.makeTables();
  await system.start('collector');
  const sender = new Sender(system.grpcAddress);
  const product = 'backlog';
  const batches = bulkBatches({ product, batches: 700, eventsPerBatch: 500, textSizeBytes: 0 });
  const waiting = async () => metric(await system.metrics(), 'telemetry_segments_waiting');
  let next = 0;
  /** Takes the next batches, paced to 20,000 events/s. */
  const takeSome = async () => {
    const startedMs = performance.now();
    await sender.offer(batches.slice(next, next + 10));
    next += 10;
    const restMs = 250 - (performance.now() - startedMs);
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
  };
  while (next < 160) await takeSome();
  const backlog = await waiting();
  expect(backlog).toBeGreaterThanOrEqual(1);
  let atReady = 0;
  const warehouseReady = system.start('warehouse').then(() => {
    atReady = next;
  });
  let drained: number | undefined;
  while (next < batches.length && drained === undefined) {
    await takeSome();
    const stored = metric(await system.metrics(), 'telemetry_events_stored_total', { product });
    // More than the outage left behind is in while the intake went on.
    if (stored > 80_000 && (await waiting()) <= 1) drained = next;
  }
  await warehouseReady;
  expect(drained, `a backlog of ${backlog} segments, ${await waiting()} after all was taken`).toBeDefined();
  console.info(
    `a backlog of 160 batches was gone when ${(drained ?? 0) - atReady} more had come since the warehouse was back`,
  );
  const sent = batches.slice(0, next);
  await sender.deliver(sent);
  expect(await expectStoredOnce(system, product, sent)).toBe(sent.length * 500);
});
