import { protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { buildBatchRules } from '../../../collector/src/admission/message-rules.ts';
import { MessageWalker } from '../../../collector/src/admission/message-walker.ts';
import { QuickWalker } from '../../../collector/src/admission/quick-walker.ts';
import { Refusal } from '../../../collector/src/admission/refusal.ts';
import { batch, event, field, NOW_US, serialize, varintField } from '../support/batches.ts';
import { mutate } from '../support/mutate.ts';
import { seeds, withSeed } from '../support/random.ts';
import { randomBatch } from '../support/random-batch.ts';

const rules = buildBatchRules(protocolLimits);
const quick = new QuickWalker([rules.core, rules.event], protocolLimits.batchBytesMax);
const ENTRIES_MAX = protocolLimits.propertiesMax;

/** What both walkers say of a message; undefined where they do not say yes. */
interface Facts {
  readonly first: number;
  readonly second: number;
  readonly thirdStart: number;
  readonly thirdEnd: number;
}

/** Field 3 of a core is no text, so that nobody asks where it lies. */
const textOf = (message: typeof rules.core, start: number, end: number) =>
  message === rules.event ? { thirdStart: start, thirdEnd: end } : { thirdStart: 0, thirdEnd: 0 };

function quickly(message: typeof rules.core, bytes: Uint8Array, start: number, end: number): Facts | undefined {
  quick.take(bytes);
  if (!quick.walk(quick.placeOf(message), start, end, ENTRIES_MAX)) return undefined;
  const { firstVarint, secondVarint, thirdTextStart, thirdTextEnd } = quick;
  return { first: firstVarint, second: secondVarint, ...textOf(message, thirdTextStart, thirdTextEnd) };
}

function thoroughly(message: typeof rules.core, bytes: Uint8Array, start: number, end: number): Facts | undefined {
  const walker = new MessageWalker();
  walker.cursor.reset(bytes);
  walker.cursor.position = start;
  try {
    walker.walk(message, end, ENTRIES_MAX);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  if (walker.violation !== undefined) return undefined;
  const { firstVarint, secondVarint, thirdTextStart, thirdTextEnd } = walker;
  return { first: firstVarint, second: secondVarint, ...textOf(message, thirdTextStart, thirdTextEnd) };
}

/** Places of the events and the core in a serialized batch. */
function messagesOf(bytes: Uint8Array): { message: typeof rules.core; start: number; end: number }[] {
  const found: { message: typeof rules.core; start: number; end: number }[] = [];
  const walker = new MessageWalker();
  const { cursor } = walker;
  cursor.reset(bytes);
  while (cursor.position < bytes.length) {
    const tag = cursor.tag(bytes.length);
    const end = cursor.lengthDelimitedEnd(bytes.length);
    const message = { 2: rules.core, 3: rules.event }[tag >> 3];
    if (message !== undefined) found.push({ message, start: cursor.position, end });
    cursor.position = end;
  }
  return found;
}

describe.each(seeds())('with seed %i', (seed) => {
  it('says yes to nothing that the thorough walker does not, and finds the same in it', async () => {
    await withSeed(seed, (random) => {
      const counts = { yes: 0, no: 0, missed: 0 };
      for (let round = 0; round < 300; round++) {
        const bytes = serialize(randomBatch(random, 6).batch);
        for (const { message, start, end } of messagesOf(bytes)) {
          for (let attempt = 0; attempt < 20; attempt++) {
            const content = attempt === 0 ? bytes.subarray(start, end) : mutate(random, bytes.subarray(start, end));
            // What lies around must not matter.
            const around = Buffer.concat([random.bytes(random.below(9)), content, random.bytes(random.below(9))]);
            const from = random.below(around.length - content.length + 1);
            const to = Math.min(around.length, from + content.length);
            const expected = thoroughly(message, around, from, to);
            const actual = quickly(message, around, from, to);
            if (actual === undefined) counts[expected === undefined ? 'no' : 'missed']++;
            else {
              counts.yes++;
              expect(actual, around.subarray(from, to).toString('hex')).toEqual(expected);
            }
          }
        }
      }
      for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100);
    });
  });
});

it('looks at each byte of a text, whatever its size', () => {
  for (let size = 1; size <= 40; size++) {
    const name = Buffer.from('x'.repeat(size));
    const isUsual = () => {
      // The name alone is replaced: it is the last field.
      const bytes = Buffer.concat([varintField(1, 300), varintField(2, NOW_US), field(3, name)]);
      return quickly(rules.event, bytes, 0, bytes.length) !== undefined;
    };
    expect(isUsual()).toBe(true);
    for (let at = 0; at < size; at++) {
      name[at] = 0xff;
      expect(isUsual(), `byte ${at} of ${size}`).toBe(false);
      name[at] = 0x78;
    }
  }
});

describe('what clients send as a rule', () => {
  const at = (over: Parameters<typeof event>[1]) => {
    const bytes = serialize(batch({ events: [event(300, over)] }));
    const { message, start, end } = messagesOf(bytes).at(-1) as ReturnType<typeof messagesOf>[number];
    return { bytes, message, start, end };
  };

  it.each([
    ['an event without payload', {}],
    ['text that is not ASCII', { name: 'seite.geöffnet', properties: { größe: '日本語' } }],
    ['a long text', { properties: { path: 'x'.repeat(protocolLimits.valueBytesMax) } }],
    ['a payload', { data: { case: 'performance', value: { metric: 'm', value: -1.5, unit: 'ms' } } }],
    ['measurements', { measurements: { items: 3, ratio: 0.25 } }],
  ] as const)('%s gets a yes', (_, over) => {
    const { bytes, message, start, end } = at(over);
    const facts = quickly(message, bytes, start, end);
    expect(facts).toMatchObject({ first: 300, second: NOW_US });
    expect(facts).toEqual(thoroughly(message, bytes, start, end));
  });

  it.each([
    ['a number that is infinite', { measurements: { items: Number.POSITIVE_INFINITY } }],
    ['a text that is too long', { properties: { path: 'x'.repeat(protocolLimits.valueBytesMax + 1) } }],
    ['no name', { name: '' }],
    [
      'too many properties',
      { properties: Object.fromEntries(Array.from({ length: ENTRIES_MAX + 1 }, (_, i) => [`p${i}`, 'v'])) },
    ],
  ] as const)('%s gets none', (_, over) => {
    const { bytes, message, start, end } = at(over);
    expect(quickly(message, bytes, start, end)).toBeUndefined();
  });
});
