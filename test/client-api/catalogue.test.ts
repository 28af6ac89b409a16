import {
  createTelemetry,
  defineCatalogue,
  describeCatalogue,
  type EventDefinitions,
  keyedHash,
} from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { protocolLimits } from '@telemetry/gen/constants';
import { describe, expect, test } from 'vitest';
import { catalogueChoicesMax, contextPropertiesMax } from '../../client/src/limits.ts';
import { editorCatalogue } from './support/editor-catalogue.ts';

const common = { owner: 'me', description: 'x' } as const;

function editor() {
  const channel = memoryChannel();
  const problems: string[] = [];
  const telemetry = createTelemetry({ product: 'editor', channel, catalogue: editorCatalogue, audience: 'internal' });
  telemetry.on('drop', ({ problem }) => problems.push(problem));
  return { channel, telemetry, problems };
}

/** A catalogue as an application without types gives it. */
const untyped = (events: unknown, options?: unknown) => defineCatalogue(events as EventDefinitions, options as never);

describe('an event of a catalogue', () => {
  test('is sent with its tier, its payload and its properties, numbers apart from texts', async () => {
    const { channel, telemetry } = editor();
    const time = new Date(1_600_000_000_000);
    telemetry.log({
      name: 'export.finished',
      time,
      properties: { format: 'pdf', pages: 3, toDisk: false, title: 'a' },
    });
    telemetry.log({ name: 'frame.drawn', data: { value: 3.5 } });
    telemetry.log({ name: 'document.open', data: { value: 4, unit: 's' }, properties: { source: 'disk' } });
    telemetry.fault(new RangeError('x'), { name: 'plugin.failed', properties: { plugin: 'spelling' } });
    telemetry.fault(new RangeError('x'), { name: 'plugin.failed', severity: 'crash', properties: { plugin: 'a' } });
    telemetry.featureUsed('export menu', { name: 'export.finished', properties: { format: 'png', pages: 1 } });
    await telemetry.shutdown();
    const sent = channel.findEvents({});
    expect(sent[0]).toMatchObject({
      time,
      tier: 'long',
      data: { kind: 'featureUse', feature: 'export.finished' },
      properties: { format: 'pdf', toDisk: 'false', title: 'a' },
      measurements: { pages: 3 },
    });
    expect(sent[1]?.data).toStrictEqual({ kind: 'performance', metric: 'frame', unit: 'ms', value: 3.5 });
    expect(sent[2]?.data).toStrictEqual({ kind: 'performance', metric: 'document.open', unit: 's', value: 4 });
    expect(sent[3]?.data).toMatchObject({ kind: 'fault', type: 'RangeError', severity: 'warning' });
    expect(sent[4]?.data).toMatchObject({ severity: 'crash' });
    expect(sent[5]?.data).toStrictEqual({ kind: 'featureUse', feature: 'export menu' });
  });

  test('that is not as defined is dropped, counted, declared, and told by what is wrong', async () => {
    const { channel, telemetry, problems } = editor();
    const log = telemetry.log as (event: unknown) => void;
    log({ name: 'export.finish' });
    log({ name: 'export.finished', properties: { format: 'pdf' } });
    log({ name: 'export.finished', properties: { format: 'gif', pages: 1 } });
    log({ name: 'export.finished', properties: { format: 'pdf', pages: '1' } });
    log({ name: 'export.finished', properties: { format: 'pdf', pages: Number.NaN } });
    log({ name: 'export.finished', properties: { format: 'pdf', pages: 1, colour: 'red' } });
    log({ name: 'export.finished', properties: { format: 'pdf', pages: 1 }, measurements: { more: 1 } });
    log({ name: 'search.opened', data: { kind: 'featureUse', feature: 'a' } });
    log({ name: 'frame.drawn', data: { kind: 'fault', type: 'a' } });
    log({ name: 'toString' });
    log({ name: 'export.finished', properties: { format: 'pdf', pages: 1, __proto__: { inherited: 'x' } } });
    log(null);
    log({ name: 'feature.used', data: { kind: 'fault', type: 'a' } });
    log({ name: 'feature.used', data: { kind: 'featureUse', feature: 'a' }, properties: { a: 'b' } });
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ complete: true, highestSeq: 14, droppedByReason: { invalid: 14 }, undeclared: 0 });
    channel.expectNoEvent({});
    // Told as one notice, since they follow one another; each alone is tested by its message below.
    expect(problems).toStrictEqual(['name: "export.finish" is not in the catalogue']);
  });

  test.each([
    [
      { name: 'export.finished', properties: { format: 'pdf' } },
      'properties.pages: missing; the catalogue wants it for',
    ],
    [
      { name: 'export.finished', properties: { format: 'gif', pages: 1 } },
      'properties.format: "gif" is not one of pdf, png',
    ],
    [
      { name: 'export.finished', properties: { format: 'pdf', pages: {} } },
      'properties.pages: what is of type object is not',
    ],
    [{ name: 'search.opened', properties: { who: 'Anna' } }, 'properties.who: not in the catalogue for search.opened'],
    [{ name: 'search.opened', data: {} }, 'data: search.opened is custom in the catalogue and has none'],
    [
      { name: 'frame.drawn', data: { kind: 'fault' } },
      'data.kind: frame.drawn is of kind performance in the catalogue',
    ],
    [{ name: 'frame.drawn' }, 'data.value: undefined is not a finite number'],
    [
      { name: 'session.started', data: { kind: 'sessionStart' }, properties: {} },
      'properties: session.started has none',
    ],
  ])('%j is told so', async (event, message) => {
    const { telemetry, problems } = editor();
    telemetry.log(event as never);
    await telemetry.shutdown();
    expect(problems.join()).toContain(message);
  });

  test('of the data model goes without a definition, as long as it carries nothing else', async () => {
    const { channel, telemetry } = editor();
    telemetry.featureUsed('save');
    telemetry.fault(new Error('x'));
    telemetry.measured('start', 3);
    telemetry.sessionStarted();
    telemetry.sessionEnded();
    telemetry.projectActivity('p', 'built');
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ acknowledged: 6, dropped: 0 });
    expect(channel.findEvents({}).map(({ name }) => name)).toStrictEqual([
      'feature.used',
      'fault.occurred',
      'performance.measured',
      'session.started',
      'session.ended',
      'project.built',
    ]);
  });
});

test('a catalogue says what a property tells of a person', () => {
  expect(editorCatalogue.classOf('export.finished', 'title')).toBe('sensitive');
  expect(editorCatalogue.classOf('export.finished', 'pages')).toBe('public');
  expect(editorCatalogue.classOf('plugin.failed', 'owner')).toBe('identity');
  expect(editorCatalogue.classOf('plugin.failed', 'plan')).toBe('public');
  expect(editorCatalogue.classOf('plugin.failed', 'component')).toBe('public');
  expect(editorCatalogue.classOf('plugin.failed', 'title')).toBeUndefined();
  expect(editorCatalogue.classOf('fault.occurred', 'title')).toBeUndefined();
});

test('and what a property tells decides what is sent of it for external users', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({
    product: 'editor',
    channel,
    catalogue: editorCatalogue,
    audience: 'external',
    privacy: { hash: keyedHash({ id: 'k1', key: 'a secret of sixteen bytes or more' }) },
  });
  telemetry.setContext({ plan: 'free' });
  telemetry.log({ name: 'export.finished', properties: { format: 'pdf', pages: 3, title: 'of Anna' } });
  telemetry.fault(new Error('x'), {
    name: 'plugin.failed',
    properties: { plugin: 'from anna@a.example', owner: 'anna' },
  });
  await telemetry.shutdown();
  const all = { plan: 'free' };
  channel.expectEvent({ name: 'export.finished', properties: { ...all, format: 'pdf', pages: 3, title: undefined } });
  channel.expectEvent({
    name: 'plugin.failed',
    properties: { ...all, plugin: (text) => !String(text).includes('anna'), owner: /^(?!anna$).{16,}/ },
  });
  expect(telemetry.stats()).toMatchObject({ withheld: 1, scrubbed: { email: 1 } });
});

describe('a catalogue is described', () => {
  test('as a table for those who answer for the data', () => {
    const described = describeCatalogue(
      defineCatalogue(
        {
          'b.seen': { ...common, properties: { who: { type: 'string', class: 'identity', description: 'a|b' } } },
          'a.seen': { ...common, kind: 'performance', tier: 'long', properties: { n: { type: 'number', unit: 'By' } } },
        },
        { context: { plan: { type: ['free', 'paid'] } } },
      ),
    );
    expect(described.toTable().split('\n')).toStrictEqual([
      '| event         | kind        | tier     | owner | property | type        | class    | required | description       |',
      '|---------------|-------------|----------|-------|----------|-------------|----------|----------|-------------------|',
      '| a.seen        | performance | long     | me    |          |             |          |          | x                 |',
      '|               |             |          |       | n        | number (By) | public   | yes      |                   |',
      '| b.seen        | custom      | standard | me    |          |             |          |          | x                 |',
      '|               |             |          |       | who      | string      | identity | yes      | a\\|b              |',
      '| (every event) |             |          |       |          |             |          |          | set by setContext |',
      '|               |             |          |       | plan     | free, paid  | public   | no       |                   |',
    ]);
  });

  test('as JSON for programs', () => {
    const described = JSON.parse(JSON.stringify(describeCatalogue(editorCatalogue)));
    expect(described.events).toHaveLength(7);
    expect(described.events[1]).toStrictEqual({
      name: 'export.finished',
      kind: 'featureUse',
      tier: 'long',
      owner: 'export team',
      description: 'An export came to its end.',
      properties: [
        {
          name: 'format',
          type: ['pdf', 'png'],
          class: 'public',
          optional: false,
          unit: '',
          description: 'What was written.',
        },
        { name: 'pages', type: 'number', class: 'public', optional: false, unit: '1', description: '' },
        { name: 'title', type: 'string', class: 'sensitive', optional: true, unit: '', description: '' },
        { name: 'toDisk', type: 'boolean', class: 'public', optional: true, unit: '', description: '' },
      ],
    });
    expect(described.context.map(({ name }: { name: string }) => name)).toStrictEqual(['plan', 'seats', 'trial']);
  });
});

describe('a mistake in a catalogue', () => {
  test.each([
    ['no catalogue', null, 'the events are not an object'],
    ['an event that is none', { a: 'b' }, 'event "a": is not an object'],
    ['an event without an owner', { a: { ...common, owner: ' ' } }, 'event "a": owner: missing'],
    ['an event without a description', { a: { owner: 'me' } }, 'event "a": description: missing'],
    ['a kind that is not known', { a: { ...common, kind: 'click' } }, 'event "a": kind: click is not known'],
    ['a tier that is not known', { a: { ...common, tier: 'short' } }, 'event "a": tier: short is not known'],
    ['a word that is not known', { a: { ...common, owners: 'me' } }, 'event "a": owners: not known; a definition has'],
    ['no name', { '': common }, 'event "": the name is empty'],
    [
      'a text without a class',
      { a: { ...common, properties: { b: { type: 'string' } } } },
      'properties.b: class: missing',
    ],
    ['an odd class', { a: { ...common, properties: { b: { type: 'number', class: 'x' } } } }, 'class: x is not known'],
    [
      'an identity that is no text',
      { a: { ...common, properties: { b: { type: 'number', class: 'identity' } } } },
      'properties.b: class: only a text can be an identity',
    ],
    ['an odd type', { a: { ...common, properties: { b: { type: 'date' } } } }, 'properties.b: type: neither string'],
    ['no choice', { a: { ...common, properties: { b: { type: [] } } } }, 'properties.b: type: neither string'],
    [
      'a choice that is no text',
      { a: { ...common, properties: { b: { type: ['a', 1] } } } },
      'b: type[1]: is not a text',
    ],
    ['properties that are none', { a: { ...common, properties: ['b'] } }, 'event "a": properties: not an object'],
    ['a property that is none', { a: { ...common, properties: { b: 'string' } } }, 'properties.b: is not an object'],
  ])('%s: is told when the client is made', (_, events, message) => {
    const make = () => createTelemetry({ product: 'editor', channel: memoryChannel(), catalogue: untyped(events) });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`catalogue: `);
    expect(make).toThrow(message);
  });

  test('a catalogue that was not defined is told too', () => {
    const options = { product: 'editor', channel: memoryChannel(), catalogue: { events: {} } };
    expect(() => createTelemetry(options as never)).toThrow('catalogue: is none; make it with defineCatalogue');
  });
});

describe('limits', () => {
  const properties = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { type: 'number' }]));

  test(`an event has at most ${protocolLimits.propertiesMax - contextPropertiesMax} properties: the context's have room beside them`, () => {
    const max = protocolLimits.propertiesMax - contextPropertiesMax;
    const problem = (count: number) => untyped({ a: { ...common, properties: properties(count) } }).problem;
    expect([problem(max - 1), problem(max)]).toStrictEqual([undefined, undefined]);
    expect(problem(max + 1)).toBe(`event "a": properties: ${max + 1}, at most ${max} are allowed`);
  });

  test(`a context has at most ${contextPropertiesMax} properties`, () => {
    const problem = (count: number) => untyped({}, { context: properties(count) }).problem;
    expect([problem(contextPropertiesMax - 1), problem(contextPropertiesMax)]).toStrictEqual([undefined, undefined]);
    expect(problem(contextPropertiesMax + 1)).toMatch(/^context: properties: 33, at most 32/);
  });

  test(`an enumeration has at most ${catalogueChoicesMax} choices`, () => {
    const problem = (count: number) => {
      const type = Array.from({ length: count }, (_, index) => `c${index}`);
      return untyped({ a: { ...common, properties: { b: { type } } } }).problem;
    };
    expect([problem(catalogueChoicesMax - 1), problem(catalogueChoicesMax)]).toStrictEqual([undefined, undefined]);
    expect(problem(catalogueChoicesMax + 1)).toContain('257 choices, at most 256 are allowed');
  });

  test('names keep the limits of the protocol', () => {
    const event = (length: number) => untyped({ ['a'.repeat(length)]: common }).problem;
    expect([event(255), event(256)]).toStrictEqual([undefined, undefined]);
    expect(event(257)).toContain('the name is longer than 256 bytes');
    const property = (length: number) =>
      untyped({ a: { ...common, properties: { ['b'.repeat(length)]: { type: 'number' } } } }).problem;
    expect([property(127), property(128)]).toStrictEqual([undefined, undefined]);
    expect(property(129)).toContain('the name is longer than 128 bytes');
  });
});
