import { createTelemetry } from '@telemetry/client';
import { ErrorReason } from '@telemetry/gen';
import { expect, test, vi } from 'vitest';
import { MisbehavingCollector } from './support/misbehaving-collector.ts';
import { type Random, seededRandom } from './support/random.ts';

/** Whatever a collector may do with a batch of which nothing is known to have been taken. */
function misbehave(random: Random): MisbehavingCollector['answer'] {
  return ({ batch, earlier }) => {
    const chance = random.next();
    if (chance < 0.55 || (earlier > 0 && chance < 0.8)) {
      return { kind: 'accept', ...(random.chance(0.2) && { retryDelayMs: random.int(1, 20) }) };
    }
    if (chance < 0.65) {
      return { kind: 'defer', retryDelayMs: random.int(0, 20) };
    }
    if (chance < 0.85) {
      return { kind: 'break', keep: random.chance(0.5) };
    }
    if (chance < 0.9) {
      return { kind: 'silence' };
    }
    if (earlier > 0) {
      return { kind: 'accept' };
    }
    // Only the first time: a collector that refuses what it has taken would break the protocol itself.
    const reason = random.pick([ErrorReason.TOO_MANY_EVENTS, ErrorReason.MALFORMED]);
    return batch.events.length > 0 ? { kind: 'reject', reason } : { kind: 'accept' };
  };
}

test('every number is stored or declared, once, whatever the collector does', { timeout: 120_000 }, async () => {
  const random = seededRandom();
  for (let round = 0; round < 4; round++) {
    const where = `seed ${random.seed}, round ${round}`;
    const collector = await new MisbehavingCollector().start();
    collector.answer = misbehave(random);
    const telemetry = createTelemetry({
      store: 'memory',
      product: { name: 'chaos' },
      endpoint: collector.address,
      retry: { initialBackoffMs: 2, maxBackoffMs: 20 },
      flushIntervalMs: 15,
      ackTimeoutMs: 100,
      queueEventsMax: 900,
      windowBatches: random.int(1, 8),
    });
    for (let step = 0; step < 60; step++) {
      const count = random.int(0, 120);
      for (let index = 0; index < count; index++) {
        telemetry.log({ name: random.chance(0.05) ? '' : 'step', properties: { text: random.text(20) } });
      }
      if (random.chance(0.05)) {
        collector.kill();
        await new Promise((resolve) => setTimeout(resolve, random.int(0, 30)));
        await collector.start();
      }
      await new Promise((resolve) => setTimeout(resolve, random.int(0, 8)));
      const { highestSeq, acknowledged, dropped, pending } = telemetry.stats();
      expect(acknowledged + dropped + pending, where).toBe(highestSeq);
    }
    await vi.waitFor(() => expect(telemetry.stats(), where).toMatchObject({ pending: 0, undeclared: 0 }), {
      timeout: 60_000,
      interval: 20,
    });
    const stats = telemetry.stats();
    const stored = collector.storedNumbers();
    const declared = collector.declaredReasons();
    expect(collector.conflicts, where).toStrictEqual([]);
    expect(stored.length, where).toBe(stats.acknowledged);
    expect(declared.size, where).toBe(stats.dropped);
    const all = [...stored, ...declared.keys()].sort((a, b) => a - b);
    expect(all, where).toStrictEqual(Array.from({ length: stats.highestSeq }, (_, index) => index + 1));
    expect(
      collector.arrivals.every(({ attempt, earlier }) => attempt > earlier),
      where,
    ).toBe(true);
    await telemetry.shutdown();
    collector.kill();
  }
});
