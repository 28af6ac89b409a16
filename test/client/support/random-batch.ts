import type { Core, EventData, EventTier } from '@telemetry/client';
import type { BatchContent, DroppedRange, SequencedEvent } from '@telemetry/client/relay';
import type { Random } from './random.ts';

/** A batch of anything that the types allow. */
export function randomBatch(random: Random): BatchContent {
  let seq = 0;
  const events = Array.from({ length: random.int(0, 12) }, (): SequencedEvent => {
    seq += random.int(1, random.chance(0.1) ? 2 ** 40 : 3);
    return randomEvent(random, seq);
  });
  return {
    producerId: random.bytes(16),
    core: randomCore(random),
    events,
    dropped: random.maybe(() => Array.from({ length: random.int(0, 5) }, () => randomRange(random))),
  };
}

function randomCore(random: Random): Core {
  return {
    product: {
      name: random.text(),
      version: random.maybe(() => random.text()),
      releaseChannel: random.maybe(() => 'beta'),
    },
    user: random.maybe(() => ({ id: random.text(), hashKeyId: random.maybe(() => random.text()) })),
    machine: random.maybe(() => ({
      id: random.maybe(() => random.text()),
      architecture: random.maybe(() => 'arm64'),
      logicalProcessors: random.maybe(() => random.count(0xffff_ffff)),
      memoryBytes: random.maybe(() => random.count()),
      locale: random.maybe(() => 'de-CH'),
    })),
    operatingSystem: random.maybe(() => ({ name: random.text(), version: random.maybe(() => random.text()) })),
    session: random.maybe(() => ({ id: random.text(), startTimeUnixUs: random.maybe(() => random.count()) })),
    audience: random.maybe(() => random.pick(['internal', 'external'] as const)),
  };
}

function randomEvent(random: Random, seq: number): SequencedEvent {
  return {
    seq,
    timeUnixUs: random.chance(0.2) ? -random.count() : random.count(),
    name: `n${random.text()}`,
    data: random.maybe(() => randomData(random)),
    properties: random.maybe(() =>
      Object.fromEntries(Array.from({ length: random.int(0, 5) }, () => [random.text(), random.text()])),
    ),
    measurements: random.maybe(() =>
      Object.fromEntries(Array.from({ length: random.int(0, 5) }, () => [random.text(), randomDouble(random)])),
    ),
    tier: random.maybe(() => random.pick<EventTier>(['standard', 'diagnostic', 'long'])),
  };
}

function randomData(random: Random): EventData {
  const text = () => random.maybe(() => random.text());
  const durationMs = () => random.maybe(() => random.count(2 ** 42) / 8);
  return random.pick<() => EventData>([
    () => ({
      kind: 'featureUse',
      feature: random.text(),
      outcome: random.maybe(() => random.pick(['success', 'failure', 'cancelled'] as const)),
      durationMs: durationMs(),
      count: random.maybe(() => random.count(0xffff_ffff)),
    }),
    () => ({
      kind: 'fault',
      type: random.text(),
      message: text(),
      stack: text(),
      fingerprint: text(),
      severity: random.maybe(() => random.pick(['warning', 'error', 'crash'] as const)),
      feature: text(),
    }),
    () => ({ kind: 'performance', metric: random.text(), value: randomDouble(random), unit: text() }),
    () => ({ kind: 'sessionStart', firstRun: random.maybe(() => random.chance(0.5)), trigger: text() }),
    () => ({
      kind: 'sessionEnd',
      durationMs: durationMs(),
      activeMs: durationMs(),
      reason: random.maybe(() => random.pick(['closed', 'crashed', 'timedOut'] as const)),
    }),
    () => ({
      kind: 'projectActivity',
      projectId: random.text(),
      action: random.maybe(() => random.pick(['created', 'opened', 'saved', 'built', 'closed'] as const)),
      projectType: text(),
      itemCount: random.maybe(() => random.count()),
    }),
  ])();
}

function randomRange(random: Random): DroppedRange {
  const firstSeq = random.count(2 ** 50);
  return {
    firstSeq,
    lastSeq: firstSeq + random.int(0, 1000),
    reason: random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const),
    blacklistVersion: random.maybe(() => random.count()),
  };
}

function randomDouble(random: Random): number {
  const edges = [0, -0, 1, -1.5, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON];
  return random.chance(0.5) ? random.pick(edges) : (random.next() - 0.5) * 1e9;
}
