import type { TelemetryEvent } from '@telemetry/client';
import { describe, expect, test } from 'vitest';
import { checkEvent } from '../../client/src/check-event.ts';
import { truncateUtf8, utf8SizeBytes } from '../../client/src/utf8.ts';
import { seededRandom } from './support/random.ts';

const feature = { kind: 'featureUse', feature: 'save' } as const;
const many = Object.fromEntries(Array.from({ length: 128 }, (_, index) => [`p${index}`, 'v']));

describe('events within the limits', () => {
  const valid: Record<string, TelemetryEvent> = {
    'a name alone': { name: 'a' },
    'the longest name': { name: 'n'.repeat(256) },
    'the longest name in three-byte characters': { name: '日'.repeat(85) },
    'as many properties as allowed': { name: 'a', properties: many },
    'the longest property': { name: 'a', properties: { ['p'.repeat(128)]: 'v'.repeat(8192), empty: '' } },
    'every optional part': {
      name: 'a',
      data: { ...feature, outcome: 'failure', durationMs: 0.5, count: 3 },
      measurements: { size: -0.25 },
      tier: 'long',
    },
    'the longest stack': { name: 'a', data: { kind: 'fault', type: 'E', stack: 's'.repeat(65_536) } },
  };
  for (const [title, event] of Object.entries(valid)) {
    test(title, () => expect(checkEvent(event)).toBeUndefined());
  }
});

describe('events that break a rule', () => {
  const invalid: Record<string, [event: unknown, problem: string]> = {
    'no name': [{}, 'name: missing'],
    'an empty name': [{ name: '' }, 'name: missing'],
    'a name that is no text': [{ name: 5 }, 'name: 5 is not a text'],
    'a name too long': [{ name: 'n'.repeat(257) }, 'name: 257 characters, longer than 256 bytes'],
    'a name too long in bytes alone': [{ name: '日'.repeat(86) }, 'name: 86 characters, longer than 256 bytes'],
    'a tier that is none': [{ name: 'a', tier: 'toString' }, 'tier: "toString" is none of'],
    'a kind that is none': [{ name: 'a', data: { kind: 'x' } }, 'data.kind: "x"'],
    'no feature': [{ name: 'a', data: { kind: 'featureUse', feature: '' } }, 'data.feature: missing'],
    'a feature too long': [{ name: 'a', data: { ...feature, feature: 'f'.repeat(257) } }, 'data.feature'],
    'an outcome that is none': [{ name: 'a', data: { ...feature, outcome: 'meh' } }, 'data.outcome: "meh"'],
    'a negative duration': [{ name: 'a', data: { ...feature, durationMs: -1 } }, 'data.durationMs: -1'],
    'a duration that is not a number': [{ name: 'a', data: { ...feature, durationMs: Number.NaN } }, 'data.durationMs'],
    'a broken count': [{ name: 'a', data: { ...feature, count: 1.5 } }, 'data.count: 1.5'],
    'a count beyond 32 bits': [{ name: 'a', data: { ...feature, count: 2 ** 32 } }, 'data.count'],
    'no metric': [{ name: 'a', data: { kind: 'performance', value: 1 } }, 'data.metric: missing'],
    'a value that is not a number': [
      { name: 'a', data: { kind: 'performance', metric: 'm', value: Number.POSITIVE_INFINITY } },
      'data.value: Infinity',
    ],
    'a stack too long': [{ name: 'a', data: { kind: 'fault', type: 'E', stack: 's'.repeat(65_537) } }, 'data.stack'],
    'no project': [{ name: 'a', data: { kind: 'projectActivity', projectId: '' } }, 'data.projectId: missing'],
    'a session reason that is none': [{ name: 'a', data: { kind: 'sessionEnd', reason: 'x' } }, 'data.reason'],
    'a property that is no text': [{ name: 'a', properties: { p: 1 } }, 'properties.p: 1 is not a text'],
    'a property that is null': [{ name: 'a', properties: { p: null } }, 'properties.p: null is not a text'],
    'a property without a name': [{ name: 'a', properties: { '': 'v' } }, 'a property name: missing'],
    'a property name too long': [{ name: 'a', properties: { ['p'.repeat(129)]: 'v' } }, 'a property name'],
    'a property too long': [{ name: 'a', properties: { p: 'v'.repeat(8193) } }, 'properties.p: 8193 characters'],
    'a measurement that is none': [{ name: 'a', measurements: { m: Number.NaN } }, 'measurements.m: NaN'],
    'one property too many': [{ name: 'a', properties: many, measurements: { m: 1 } }, '129 entries, at most 128'],
  };
  for (const [title, [event, problem]] of Object.entries(invalid)) {
    test(title, () => expect(checkEvent(event as TelemetryEvent)).toContain(problem));
  }
});

test('counts and cuts UTF-8 as the platform encodes it', () => {
  const random = seededRandom();
  const { seed } = random;
  for (let round = 0; round < 2_000; round++) {
    const text = random.text();
    const bytes = Buffer.from(text);
    expect(utf8SizeBytes(text), `seed ${seed}, round ${round}`).toBe(bytes.length);
    const max = random.int(0, 100);
    const cut = truncateUtf8(text, max);
    expect(text.startsWith(cut)).toBe(true);
    expect(Buffer.from(cut).length).toBeLessThanOrEqual(max);
    // Nothing more would have fitted: the next character is at most four bytes.
    expect(cut === text || Buffer.from(cut).length > max - 4).toBe(true);
  }
});
