import { protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { buildBatchRules } from '../../../collector/src/admission/message-rules.ts';
import { MessageWalker } from '../../../collector/src/admission/message-walker.ts';
import { QuickWalker } from '../../../collector/src/admission/quick-walker.ts';
import { Refusal } from '../../../collector/src/admission/refusal.ts';
import { appendRange } from '../../../collector/src/admission/sequence-ranges.ts';
import { BatchWalk } from '../../../collector/src/admission/walk-batch.ts';
import { batch, event, field, NOW_US, serialize } from '../support/batches.ts';
import { mutate } from '../support/mutate.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { randomBatch } from '../support/random-batch.ts';

const { batchBytesMax, batchEventsMax, propertiesMax } = protocolLimits;
const rules = buildBatchRules(protocolLimits);
const quick = new QuickWalker([rules.core, rules.event], batchBytesMax);
const place = quick.placeOf(rules.event);
const TAG_EVENTS = 3 * 8 + 2;

interface Bounds {
  readonly previousSeq: number;
  readonly seqMax: number;
  readonly timeUsMin: number;
  readonly timeUsMax: number;
}

/** What is known when so many events were walked. */
interface Step {
  readonly stop: number;
  readonly lastSeq: number;
  readonly ranges: readonly number[];
}

/** The same by the thorough walker: a step for each event up to the first that is wrong. */
function thoroughly(bytes: Uint8Array, start: number, bounds: Bounds): Step[] {
  const steps: Step[] = [{ stop: start, lastSeq: bounds.previousSeq, ranges: [] }];
  const ranges: number[] = [];
  let lastSeq = bounds.previousSeq;
  const walker = new MessageWalker();
  const { cursor } = walker;
  cursor.reset(bytes);
  cursor.position = start;
  try {
    while (cursor.position < bytes.length && cursor.tag(bytes.length) === TAG_EVENTS) {
      walker.violation = undefined;
      walker.walk(rules.event, cursor.lengthDelimitedEnd(bytes.length), propertiesMax);
      const { firstVarint: seq, secondVarint: time } = walker;
      const isInOrder = seq > lastSeq && seq <= bounds.seqMax;
      if (walker.violation !== undefined || !isInOrder || time < bounds.timeUsMin || time > bounds.timeUsMax) break;
      appendRange(ranges, seq, seq);
      lastSeq = seq;
      steps.push({ stop: cursor.position, lastSeq, ranges: [...ranges] });
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return steps;
}

function randomBounds(random: Random): Bounds {
  const window = random.pick([0, 1_000, 86_400_000_000, 400 * 86_400_000_000]);
  return {
    previousSeq: random.pick([0, 0, 1, 5]),
    seqMax: random.pick([20, Number(protocolLimits.seqMax)]),
    timeUsMin: NOW_US - window,
    timeUsMax: NOW_US + window,
  };
}

describe.each(seeds())('with seed %i', (seed) => {
  it('walks as far as the thorough walker at most, and finds the same up to there', async () => {
    await withSeed(seed, (random) => {
      const counts = { whole: 0, short: 0, none: 0 };
      for (let round = 0; round < 3_000; round++) {
        const events = serialize(batch({ core: undefined as never, events: randomBatch(random, 12).batch.events }));
        const bytes = random.chance(0.3) ? events : mutate(random, events);
        const start = bytes.indexOf(TAG_EVENTS);
        if (start < 0) continue;
        const bounds = randomBounds(random);
        const eventsMax = random.pick([1, 3, batchEventsMax]);
        // What the batch before has left behind must not matter.
        quick.room.set(random.bytes(8), bytes.length);
        const taken = quick.take(bytes);
        quick.setBounds(bounds.previousSeq, bounds.seqMax, bounds.timeUsMin, bounds.timeUsMax);
        const stop = quick.walkEvents(place, start, taken.length, propertiesMax, eventsMax);
        const ranges: number[] = [];
        quick.appendRanges(ranges);
        const steps = thoroughly(bytes, start, bounds);
        const expected = steps[quick.eventCount];
        expect({ stop, lastSeq: quick.lastSeq, ranges }, Buffer.from(bytes).toString('hex')).toEqual(expected);
        expect(quick.eventCount).toBeLessThanOrEqual(eventsMax);
        if (quick.eventCount === 0) counts.none++;
        else counts[quick.eventCount === Math.min(eventsMax, steps.length - 1) ? 'whole' : 'short']++;
      }
      expect(counts.whole).toBeGreaterThan(300);
      expect(counts.none).toBeGreaterThan(100);
    });
  });
});

describe('a batch', () => {
  const walk = new BatchWalk(protocolLimits);

  it('may have more gaps in its numbers than are noted in one go', () => {
    for (const count of [999, 1_000, 1_001, 2_500]) {
      const events = Array.from({ length: count }, (_, index) => event(2 * index + 1));
      const facts = walk.walk(serialize(batch({ events })), NOW_US);
      expect(facts.eventCount).toBe(count);
      expect(facts.sequence).toEqual(events.flatMap(({ seq }) => [Number(seq), Number(seq)]));
    }
  });

  it('may be as large as any, with its last event at the very end', () => {
    // A field that is not known takes what is left: it is stepped over.
    const head = serialize(batch({ events: [] }));
    const last = field(3, serialize(batch({ producerId: new Uint8Array(), core: undefined as never })).subarray(2));
    const filler = batchBytesMax - head.length - last.length;
    const bytes = Buffer.concat([head, field(50, Buffer.alloc(filler - 6)), last]);
    expect(bytes.length).toBe(batchBytesMax);
    for (let round = 0; round < 2; round++) {
      const facts = walk.walk(bytes, NOW_US);
      expect([facts.eventCount, facts.sequence]).toEqual([1, [1, 1]]);
    }
  });
});
