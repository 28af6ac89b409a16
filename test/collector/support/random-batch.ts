import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import {
  Audience,
  type Core,
  CoreSchema,
  DropReason,
  type EventBatch,
  EventBatchSchema,
  type EventSchema,
  ProjectAction,
  SessionEndReason,
  Tier,
  UseOutcome,
} from '@telemetry/gen';
import { NOW_US } from './batches.ts';
import type { Random } from './random.ts';

type EventInit = MessageInitShape<typeof EventSchema>;

/** A valid batch and the numbers that it settles, counted in the simplest way. */
export interface RandomBatch {
  readonly batch: EventBatch;
  readonly numbers: ReadonlySet<number>;
}

/** A valid batch of any shape that the schema has: gaps, declared drops, every payload, unknown fields, wide text. */
export function randomBatch(random: Random, eventsMax = 20): RandomBatch {
  const numbers = new Set<number>();
  const events: EventInit[] = [];
  const free: number[] = [];
  let seq = random.pick([0, 0, 5, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 53 - 2_000]);
  const count = random.below(eventsMax + 1);
  for (let index = 0; index < count; index++) {
    seq++;
    while (random.chance(0.2)) free.push(seq++);
    numbers.add(seq);
    events.push(randomEvent(random, seq));
  }
  free.push(...Array.from({ length: random.below(5) }, () => ++seq));
  const dropped = randomRanges(random, free, numbers);
  if (events.length + dropped.length === 0) {
    numbers.add(seq + 1);
    dropped.push({
      firstSeq: BigInt(seq + 1),
      lastSeq: BigInt(seq + 1),
      reason: DropReason.OPTED_OUT,
      blacklistVersion: 0n,
    });
  }
  const batch = create(EventBatchSchema, { producerId: random.bytes(16), core: randomCore(random), events, dropped });
  return { batch, numbers };
}

interface RangeInit {
  firstSeq: bigint;
  lastSeq: bigint;
  reason: DropReason;
  blacklistVersion: bigint;
}

function randomRanges(random: Random, free: readonly number[], numbers: Set<number>): RangeInit[] {
  const ranges: RangeInit[] = [];
  for (const number of free) {
    if (random.chance(0.4)) continue;
    numbers.add(number);
    const last = ranges.at(-1);
    if (last !== undefined && last.lastSeq === BigInt(number - 1) && random.chance(0.5)) last.lastSeq = BigInt(number);
    else {
      const reason: DropReason = random.pick([DropReason.BLACKLISTED, DropReason.QUEUE_FULL, DropReason.UNSPECIFIED]);
      const blacklistVersion = BigInt(random.pick([0, 7, 2 ** 40]));
      ranges.push({ firstSeq: BigInt(number), lastSeq: BigInt(number), reason, blacklistVersion });
    }
  }
  return ranges.sort(() => random.next() - 0.5);
}

function randomCore(random: Random): Core {
  return create(CoreSchema, {
    product: { name: random.text(random.between(1, 256), true), version: random.chance(0.5) ? '4.12.0' : '' },
    ...(random.chance(0.5) ? { user: { id: random.text(64), hashKeyId: 'k1' } } : {}),
    ...(random.chance(0.5) ? { machine: { logicalProcessors: 2 ** 32 - 1, memoryBytes: 2n ** 64n - 1n } } : {}),
    ...(random.chance(0.5) ? { operatingSystem: { name: 'linux', version: random.text(20, true) } } : {}),
    ...(random.chance(0.5) ? { session: { id: random.text(32), startTimeUnixUs: BigInt(NOW_US) } } : {}),
    audience: random.pick([Audience.UNSPECIFIED, Audience.INTERNAL, Audience.EXTERNAL]),
  });
}

function randomEvent(random: Random, seq: number): EventInit {
  return {
    seq: BigInt(seq),
    timeUnixUs: BigInt(NOW_US + random.between(-86_400_000_000, 3_600_000_000)),
    name: random.text(random.between(1, 256), random.chance(0.3)),
    tier: random.pick([Tier.UNSPECIFIED, Tier.STANDARD, Tier.LONG]),
    data: randomPayload(random),
    properties: randomEntries(random, () => random.text(random.below(random.chance(0.05) ? 8192 : 50), true)),
    measurements: randomEntries(random, () => random.pick([0, -0, 1.5, -1e308, 5e-324, random.next() * 1e6])),
  };
}

function randomEntries<Value>(random: Random, value: () => Value): Record<string, Value> {
  const count = random.chance(0.5) ? 0 : random.below(6);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${random.text(random.between(1, 100))}${index}`, value()]),
  );
}

function randomPayload(random: Random): NonNullable<EventInit['data']> {
  const name = random.text(random.between(1, 256), true);
  switch (random.below(7)) {
    case 0:
      return {
        case: 'featureUse',
        value: {
          feature: name,
          outcome: random.pick([UseOutcome.UNSPECIFIED, UseOutcome.FAILURE]),
          durationUs: 2n ** 63n,
          count: 2 ** 32 - 1,
        },
      };
    case 1:
      return {
        case: 'fault',
        value: { type: name, message: random.text(100, true), stack: random.text(2000), severity: 3 },
      };
    case 2:
      return { case: 'performance', value: { metric: name, value: random.next() * 1e9, unit: 'ms' } };
    case 3:
      return {
        case: 'sessionStart',
        value: { firstRun: random.chance(0.5), trigger: random.chance(0.5) ? '' : 'user' },
      };
    case 4:
      return {
        case: 'sessionEnd',
        value: {
          durationUs: 1n,
          activeUs: 0n,
          reason: random.pick([SessionEndReason.UNSPECIFIED, SessionEndReason.CRASHED]),
        },
      };
    case 5:
      return {
        case: 'projectActivity',
        value: {
          projectId: name,
          action: random.pick([ProjectAction.UNSPECIFIED, ProjectAction.BUILT]),
          itemCount: 12n,
        },
      };
    default:
      return { case: undefined };
  }
}
