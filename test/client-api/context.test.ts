import { type ChannelError, createTelemetry, defineCatalogue, type TelemetryLogger } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, test } from 'vitest';
import { contextPropertiesMax, contextValueBytesMax } from '../../client/src/limits.ts';
import { expectBalance } from '../client/support/expect-balance.ts';
import { editorCatalogue } from './support/editor-catalogue.ts';

function application() {
  const channel = memoryChannel();
  const errors: ChannelError[] = [];
  const telemetry = createTelemetry({ product: 'editor', channel });
  telemetry.on('error', (error) => errors.push(error));
  return { channel, telemetry, errors };
}

describe('a context', () => {
  test('is added to every event from then on, and what an event says comes first', async () => {
    const { channel, telemetry } = application();
    telemetry.log({ name: 'before' });
    telemetry.setContext({ plan: 'free', seats: 3, trial: true });
    telemetry.log({ name: 'with' });
    telemetry.log({ name: 'own', properties: { plan: 'paid', a: 'b' }, measurements: { seats: 4, c: 1 } });
    telemetry.featureUsed('save');
    telemetry.setContext({ plan: undefined, trial: undefined });
    telemetry.log({ name: 'after' });
    telemetry.setContext({ seats: undefined });
    telemetry.log({ name: 'none' });
    await telemetry.shutdown();
    const texts = channel.findEvents({}).map(({ properties }) => properties);
    const numbers = channel.findEvents({}).map(({ measurements }) => measurements);
    const all = { plan: 'free', trial: 'true' };
    expect(texts).toStrictEqual([{}, all, { plan: 'paid', trial: 'true', a: 'b' }, all, {}, {}]);
    expect(numbers).toStrictEqual([{}, { seats: 3 }, { seats: 4, c: 1 }, { seats: 3 }, { seats: 3 }, {}]);
  });

  test('keeps what a value was when another type takes its name', async () => {
    const { channel, telemetry } = application();
    telemetry.setContext({ plan: 'free' });
    telemetry.setContext({ plan: 7 });
    telemetry.log({ name: 'a' });
    await telemetry.shutdown();
    expect(channel.expectEvent({ name: 'a' })).toMatchObject({ properties: {}, measurements: { plan: 7 } });
  });

  test.each([
    [
      'a value of another type',
      { good: 'a', bad: {} },
      'setContext: the context: bad is neither text, number nor truth value',
    ],
    ['a number that is none', { good: 'a', bad: Number.NaN }, 'setContext: the context: bad is not a finite number'],
    ['no name', { good: 'a', '': 'a' }, 'setContext: the context: a name is empty'],
    ['no object', null, undefined],
  ])('with %s is refused whole and told, and nothing is thrown', async (_, values, message) => {
    const { channel, telemetry, errors } = application();
    telemetry.setContext({ kept: 'yes' });
    telemetry.setContext(values as never);
    telemetry.log({ name: 'a' });
    expect(errors).toHaveLength(0);
    await telemetry.shutdown();
    expect(channel.expectEvent({ name: 'a' }).properties).toStrictEqual({ kept: 'yes' });
    expect(telemetry.stats().refusedCalls).toBe(message === undefined ? 0 : 1);
    expect(telemetry.stats().connectionErrors).toBe(0);
    await expect
      .poll(() => errors.map(({ message: told, kind }) => [told.slice(0, message?.length), kind]))
      .toStrictEqual(message === undefined ? [] : [[message, 'permanent']]);
  });

  test('of getters that throw is refused', async () => {
    const { telemetry } = application();
    const values = {
      get plan(): string {
        throw new Error('no');
      },
    };
    telemetry.setContext(values);
    expect(telemetry.stats().refusedCalls).toBe(1);
    await telemetry.shutdown();
  });

  test(`has at most ${contextPropertiesMax} properties, with those of the parents`, async () => {
    const { telemetry } = application();
    const some = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${from + index}`, index]));
    telemetry.setContext(some(0, contextPropertiesMax - 1));
    const child = telemetry.child({ context: some(0, 1) });
    child.setContext(some(contextPropertiesMax - 1, 1));
    expect(telemetry.stats().refusedCalls).toBe(0);
    child.setContext(some(contextPropertiesMax, 1));
    expect(telemetry.stats().refusedCalls).toBe(1);
    telemetry.setContext(some(contextPropertiesMax - 1, 1));
    expect(telemetry.stats().refusedCalls).toBe(1);
    telemetry.setContext(some(contextPropertiesMax, 1));
    expect(telemetry.stats().refusedCalls).toBe(2);
    await telemetry.shutdown();
  });

  test(`has texts of at most ${contextValueBytesMax} bytes`, async () => {
    const { telemetry } = application();
    telemetry.setContext({ a: 'a'.repeat(contextValueBytesMax - 1), b: 'b'.repeat(contextValueBytesMax) });
    expect(telemetry.stats().refusedCalls).toBe(0);
    telemetry.setContext({ c: 'c'.repeat(contextValueBytesMax + 1) });
    telemetry.setContext({ d: 'é'.repeat(contextValueBytesMax / 2 + 1) });
    telemetry.child({ name: 'e'.repeat(contextValueBytesMax + 1) }).log({ name: 'a' });
    expect(telemetry.stats().refusedCalls).toBe(3);
    expect(await telemetry.shutdown()).toMatchObject({ acknowledged: 1 });
  });

  test('with a catalogue is what this defines, in the types that it says', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product: 'editor', channel, catalogue: editorCatalogue });
    telemetry.setContext({ plan: 'paid', seats: 3, trial: false });
    telemetry.child({ name: 'search', context: { seats: 4 } }).log({ name: 'search.opened' });
    await telemetry.shutdown();
    expect(channel.expectEvent({ name: 'search.opened' })).toMatchObject({
      properties: { plan: 'paid', trial: 'false', component: 'search' },
      measurements: { seats: 4 },
    });
  });

  test('with a catalogue that defines none takes nothing', async () => {
    const catalogue = defineCatalogue({ a: { owner: 'me', description: 'x' } });
    const telemetry = createTelemetry({ product: 'editor', channel: memoryChannel(), catalogue });
    // @ts-expect-error
    telemetry.setContext({ plan: 'paid' });
    expect(telemetry.stats().refusedCalls).toBe(1);
    await telemetry.shutdown();
  });
});

describe('a child', () => {
  test('shares numbers and connection, and adds its name and context to those above it', async () => {
    const { channel, telemetry } = application();
    telemetry.setContext({ plan: 'free', level: 0 });
    const exporter = telemetry.child({ name: 'export', context: { level: 1, only: 'here' } });
    const pdf = exporter.child({ name: 'pdf', context: { level: 2 } });
    const plain = pdf.child({});
    for (const [index, logger] of [telemetry, exporter, pdf, plain].entries()) {
      logger.log({ name: `event.${index}` });
    }
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ highestSeq: 4, acknowledged: 4 });
    expectBalance(telemetry.stats());
    expect(
      channel.findEvents({}).map(({ seq, properties, measurements }) => [seq, properties, measurements.level]),
    ).toStrictEqual([
      [1, { plan: 'free' }, 0],
      [2, { plan: 'free', only: 'here', component: 'export' }, 1],
      [3, { plan: 'free', only: 'here', component: 'export.pdf' }, 2],
      [4, { plan: 'free', only: 'here', component: 'export.pdf' }, 2],
    ]);
  });

  test('sees what its parent sets later, and its parent sees nothing of it', async () => {
    const { channel, telemetry } = application();
    const child = telemetry.child({ name: 'export' });
    child.log({ name: 'a' });
    telemetry.setContext({ plan: 'free' });
    child.log({ name: 'b' });
    child.setContext({ mine: 1 });
    child.log({ name: 'c' });
    telemetry.log({ name: 'd' });
    telemetry.setContext({ plan: undefined });
    child.log({ name: 'e' });
    await telemetry.shutdown();
    const seen = channel.findEvents({}).map(({ properties, measurements }) => ({ ...properties, ...measurements }));
    const component = 'export';
    expect(seen).toStrictEqual([
      { component },
      { component, plan: 'free' },
      { component, plan: 'free', mine: 1 },
      { plan: 'free' },
      { component, mine: 1 },
    ]);
  });

  test('of options that cannot be is a child without them', async () => {
    const { channel, telemetry } = application();
    const odd = telemetry.child as (options: unknown) => TelemetryLogger;
    odd(undefined).log({ name: 'a' });
    odd({ context: { bad: {} } }).log({ name: 'b' });
    odd({ name: 7 }).log({ name: 'c' });
    expect(telemetry.stats().refusedCalls).toBe(2);
    await telemetry.shutdown();
    expect(channel.findEvents({ properties: { component: undefined, bad: undefined } })).toHaveLength(3);
  });
});
