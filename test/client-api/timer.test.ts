import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { expect, test } from 'vitest';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { editorCatalogue } from './support/editor-catalogue.ts';

test('a timer logs the time from start to stop once, with what came at both', async () => {
  const platform = new ManualPlatform();
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel, platform });
  const timer = telemetry.startTimer('document.open', { properties: { a: '1', b: '1' }, tier: 'long' });
  await platform.advance(40);
  expect(timer.elapsedMs).toBe(40);
  await platform.advance(2);
  timer.stop({ properties: { b: '2' }, measurements: { pages: 3 } });
  await platform.advance(100);
  expect(timer.elapsedMs).toBe(42);
  timer.stop();
  timer.cancel();
  const flushing = telemetry.flush();
  await platform.advance(100);
  await flushing;
  expect(channel.findEvents({})).toHaveLength(1);
  expect(channel.expectEvent({ name: 'performance.measured' })).toMatchObject({
    tier: 'long',
    data: { kind: 'performance', metric: 'document.open', value: 42, unit: 'ms' },
    properties: { a: '1', b: '2' },
    measurements: { pages: 3 },
  });
});

test('a timer is stopped at the end of its block, however that is left, unless it was cancelled', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel });
  const open = (how: 'well' | 'badly' | 'not at all') => {
    using timer = telemetry.child({ name: 'reader' }).startTimer('document.open', { properties: { how } });
    if (how === 'badly') {
      throw new Error('broken');
    }
    if (how === 'not at all') {
      timer.cancel();
    }
  };
  open('well');
  expect(() => open('badly')).toThrow('broken');
  open('not at all');
  await telemetry.shutdown();
  expect(channel.findEvents({}).map(({ properties }) => properties)).toStrictEqual([
    { how: 'well', component: 'reader' },
    { how: 'badly', component: 'reader' },
  ]);
});

test('a timer of a catalogue is the event of that name, with its metric', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel, catalogue: editorCatalogue });
  telemetry.startTimer('frame.drawn').stop();
  telemetry.startTimer('document.open').stop({ properties: { source: 'disk' } });
  telemetry.startTimer('document.open', { properties: { source: 'disk' } }).stop({ properties: { source: 'network' } });
  await telemetry.shutdown();
  channel.expectEvent({ name: 'frame.drawn', data: { metric: 'frame', unit: 'ms' } });
  channel.expectEvent({ name: 'document.open', data: { metric: 'document.open' }, properties: { source: 'disk' } });
  channel.expectEvent({ name: 'document.open', properties: { source: 'network' } });
});
