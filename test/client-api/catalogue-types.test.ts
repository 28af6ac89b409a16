/** What the compiler says of a catalogue: `npm run check` fails where an error that is expected here is none. */
import { createTelemetry, defineCatalogue, type Telemetry, type TelemetryLogger } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { expect, expectTypeOf, test } from 'vitest';
import { editorCatalogue } from './support/editor-catalogue.ts';

const product = 'editor';

/** Each call is a mistake for the compiler, and at run time an event that is dropped as invalid. */
async function expectInvalid(count: number, log: (telemetry: Telemetry<typeof editorCatalogue>) => void) {
  const telemetry = createTelemetry({ product, channel: memoryChannel(), catalogue: editorCatalogue });
  log(telemetry);
  expect(await telemetry.shutdown()).toMatchObject({
    complete: true,
    highestSeq: count,
    droppedByReason: { invalid: count },
  });
}

test('a name that is not in the catalogue is an error', () =>
  expectInvalid(2, (telemetry) => {
    // @ts-expect-error
    telemetry.log({ name: 'export.finish', properties: { format: 'pdf', pages: 1 } });
    // @ts-expect-error
    telemetry.log({ properties: { format: 'pdf', pages: 1 } });
  }));

test('a property that is missing, of another type, not a choice, or not defined is an error', () =>
  expectInvalid(7, (telemetry) => {
    // @ts-expect-error
    telemetry.log({ name: 'export.finished' });
    // @ts-expect-error
    telemetry.log({ name: 'export.finished', properties: { format: 'pdf' } });
    // @ts-expect-error
    telemetry.log({ name: 'export.finished', properties: { format: 'pdf', pages: '3' } });
    // @ts-expect-error
    telemetry.log({ name: 'export.finished', properties: { format: 'gif', pages: 3 } });
    // @ts-expect-error
    telemetry.log({ name: 'export.finished', properties: { format: 'pdf', pages: 3, toDisk: 'yes' } });
    // @ts-expect-error
    telemetry.log({ name: 'export.finished', properties: { format: 'pdf', pages: 3, colour: 'red' } });
    // @ts-expect-error
    telemetry.log({ name: 'search.opened', properties: { letters: 3 } });
  }));

test('a payload that the kind does not have, or that lacks a part, is an error', () =>
  expectInvalid(5, (telemetry) => {
    // @ts-expect-error
    telemetry.log({ name: 'search.opened', data: { feature: 'search' } });
    // @ts-expect-error
    telemetry.log({ name: 'document.open', properties: { source: 'disk' } });
    // @ts-expect-error
    telemetry.log({ name: 'document.open', properties: { source: 'disk' }, data: { value: 'long' } });
    // @ts-expect-error
    telemetry.log({ name: 'plugin.failed', properties: { plugin: 'spelling' } });
    // @ts-expect-error
    telemetry.log({ name: 'project.shared' });
  }));

test('a helper takes the properties of the event that it names, and none without a name', () =>
  expectInvalid(5, (telemetry) => {
    // @ts-expect-error
    telemetry.featureUsed('export', { properties: { format: 'pdf', pages: 1 } });
    // @ts-expect-error
    telemetry.featureUsed('export', { name: 'export.finished', properties: { format: 'pdf' } });
    // @ts-expect-error
    telemetry.featureUsed('export', { name: 'document.open', properties: { source: 'disk' } });
    // @ts-expect-error
    telemetry.fault(new Error('x'), { name: 'plugin.failed' });
    // @ts-expect-error
    telemetry.measured('open', 3, { name: 'document.open', properties: { source: 'tape' } });
  }));

test('a timer is started by the name of an event, and stopped with its properties', () =>
  expectInvalid(3, (telemetry) => {
    // @ts-expect-error
    telemetry.startTimer('document.opened').stop();
    // @ts-expect-error
    telemetry.startTimer('document.open').stop();
    // @ts-expect-error
    telemetry.startTimer('document.open').stop({ properties: { source: 'tape' } });
    telemetry.startTimer('frame.drawn').cancel();
    // A timer whose event wants properties cannot be left to the end of a block, unless it was started with them.
    expectTypeOf(telemetry.startTimer('document.open')).not.toExtend<Disposable>();
    expectTypeOf(telemetry.startTimer('frame.drawn')).toExtend<Disposable>();
    expectTypeOf(telemetry.startTimer('document.open', { properties: { source: 'disk' } })).toExtend<Disposable>();
  }));

test('a context that is not defined is an error, and refused', async () => {
  const telemetry = createTelemetry({ product, channel: memoryChannel(), catalogue: editorCatalogue });
  // @ts-expect-error
  telemetry.setContext({ plan: 'gold' });
  // @ts-expect-error
  telemetry.setContext({ name: 'Anna' });
  // @ts-expect-error
  telemetry.child({ context: { seats: 'many' } });
  telemetry.setContext({ plan: 'free', seats: 2, trial: undefined });
  expect(telemetry.stats().refusedCalls).toBe(3);
  await telemetry.shutdown();
});

test('what the catalogue allows compiles', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product, channel, catalogue: editorCatalogue });
  telemetry.log({ name: 'export.finished', properties: { format: 'pdf', pages: 3 } });
  telemetry.log({
    name: 'export.finished',
    properties: { format: 'pdf', pages: 3, title: 'a', toDisk: undefined },
    time: Date.now(),
  });
  telemetry.log({ name: 'export.finished', data: { outcome: 'failure' }, properties: { format: 'png', pages: 1 } });
  telemetry.log({ name: 'search.opened' });
  telemetry.log({ name: 'search.typed' });
  telemetry.log({ name: 'search.typed', properties: { letters: 3 } });
  telemetry.log({ name: 'document.open', data: { value: 3 }, properties: { source: 'disk' } });
  telemetry.log({ name: 'frame.drawn', data: { value: 3 } });
  telemetry.log({ name: 'plugin.failed', data: { type: 'Error' }, properties: { plugin: 'spelling' } });
  telemetry.log({ name: 'project.shared', data: { projectId: 'p' } });
  telemetry.featureUsed('save', { durationMs: 3 });
  telemetry.featureUsed('export', { name: 'export.finished', properties: { format: 'pdf', pages: 3 } });
  telemetry.fault(new Error('x'));
  telemetry.fault(new Error('x'), { severity: 'crash', name: 'plugin.failed', properties: { plugin: 'spelling' } });
  telemetry.projectActivity('p', 'opened');
  telemetry.projectActivity('p', 'opened', { name: 'project.shared' });
  telemetry.child({ name: 'search', context: { seats: 3 } }).log({ name: 'search.opened' });
  const result = await telemetry.shutdown();
  expect(result).toMatchObject({ complete: true, dropped: 0, acknowledged: result.highestSeq });
  expect(channel.events).toHaveLength(17);
});

test('without a catalogue any event is logged, as before', () => {
  const telemetry = createTelemetry({ product, channel: memoryChannel() });
  expectTypeOf(telemetry).toEqualTypeOf<Telemetry>();
  telemetry.log({ name: 'anything', properties: { a: 'b' }, measurements: { c: 1 } });
  // @ts-expect-error
  telemetry.log({ name: 'anything', properties: { a: 1 } });
  telemetry.featureUsed('save', { name: 'any.name', properties: { a: 'b' } });
  telemetry.setContext({ any: 'thing', count: 1, is: true });
  const timer: Disposable = telemetry.startTimer('any.metric');
  timer[Symbol.dispose]();
  const logger: TelemetryLogger = telemetry.child({ name: 'part' });
  // @ts-expect-error
  logger.shutdown;
});

test('a definition with a word that is not known, an odd class or a text without a class is an error', () => {
  const common = { owner: 'me', description: 'x' } as const;
  const catalogues = [
    // @ts-expect-error
    defineCatalogue({ a: { ...common, kinds: 'fault' } }),
    // @ts-expect-error
    defineCatalogue({ a: { ...common, properties: { b: { type: 'number', clas: 'sensitive' } } } }),
    // @ts-expect-error
    defineCatalogue({ a: { ...common, properties: { b: { type: 'string' } } } }),
    // @ts-expect-error
    defineCatalogue({ a: { ...common, properties: { b: { type: 'string', class: 'secret' } } } }),
    // @ts-expect-error
    defineCatalogue({ a: { ...common, properties: { b: { type: 'date' } } } }),
    // @ts-expect-error
    defineCatalogue({ a: { ...common, properties: { b: { type: 'number', class: 'identity' } } } }),
    // @ts-expect-error
    defineCatalogue({ a: { ...common, kind: 'click' } }),
    // @ts-expect-error
    defineCatalogue({ a: { description: 'x' } }),
    // @ts-expect-error
    defineCatalogue({ a: common }, { context: { b: { type: 'string' } } }),
  ];
  for (const catalogue of catalogues) {
    expect(catalogue.problem).toMatch(/^(event "a"|context): /);
    expect(() => createTelemetry({ product, channel: memoryChannel(), catalogue })).toThrow(TypeError);
  }
});
