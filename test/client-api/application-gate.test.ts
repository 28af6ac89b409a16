import { createTelemetry, type TelemetryEvent } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { expect, test } from 'vitest';
import { editorCatalogue } from './support/editor-catalogue.ts';

test('the application’s own rule sees each event with its context, changes it, or keeps it back, which is declared', async () => {
  const channel = memoryChannel();
  const seen: TelemetryEvent[] = [];
  const telemetry = createTelemetry({
    product: 'editor',
    channel,
    catalogue: editorCatalogue,
    beforeLog: (event) => {
      seen.push(event);
      if (event.name === 'search.typed') {
        return null;
      }
      return event.name === 'search.opened' ? { ...event, properties: { changed: 'yes' } } : event;
    },
  });
  telemetry.setContext({ plan: 'free' });
  telemetry.log({ name: 'search.opened' });
  telemetry.log({ name: 'search.typed' });
  telemetry.featureUsed('save');
  expect(await telemetry.shutdown()).toMatchObject({
    complete: true,
    acknowledged: 2,
    droppedByReason: { sampled: 1 },
    undeclared: 0,
  });
  expect(seen.map(({ name, properties }) => [name, properties])).toStrictEqual([
    ['search.opened', { plan: 'free' }],
    ['search.typed', { plan: 'free' }],
    ['feature.used', { plan: 'free' }],
  ]);
  channel.expectEvent({ name: 'search.opened', properties: { changed: 'yes', plan: undefined } });
  channel.expectNoEvent({ name: 'search.typed' });
});

test('a rule that throws or gives nonsense costs the event, which is declared, and nothing else', async () => {
  const telemetry = createTelemetry({
    product: 'editor',
    channel: memoryChannel(),
    beforeLog: (event) => {
      if (event.name === 'bad') {
        throw new Error('mine');
      }
      return event.name === 'odd' ? ({ name: 7 } as never) : event;
    },
  });
  for (const name of ['bad', 'odd', 'good']) {
    telemetry.log({ name });
  }
  expect(await telemetry.shutdown()).toMatchObject({ acknowledged: 1, droppedByReason: { invalid: 2 } });
  expect(() => createTelemetry({ product: 'editor', channel: memoryChannel(), beforeLog: 'no' as never })).toThrow(
    'beforeLog: is not a function',
  );
});

test('a developer sees each event as it is sent, and what becomes of it', async () => {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    product: 'editor',
    channel: memoryChannel(),
    debug: (line) => lines.push(line),
    beforeLog: (event) => (event.name === 'kept back' ? null : event),
  });
  telemetry.setContext({ plan: 'free' });
  telemetry.featureUsed('save', { durationMs: 12 });
  telemetry.log({ name: '' });
  telemetry.log({ name: 'kept back' });
  telemetry.setUser({} as never);
  await telemetry.shutdown();
  expect(lines[0]).toBe(
    'telemetry: feature.used {"data":{"kind":"featureUse","feature":"save","durationMs":12},"properties":{"plan":"free"}}',
  );
  await expect.poll(() => lines).toContain('telemetry: dropped 2 to 2, 1 events, as invalid: name: missing');
  expect(lines).toContain(
    'telemetry: dropped 3 to 3, 1 events, as sampled: the application’s own beforeLog kept it back',
  );
  expect(lines).toContain('telemetry: acknowledged 1 to 1, 1 events, attempt 1');
  await expect
    .poll(() => lines)
    .toContain('telemetry: permanent failure: setUser: user.id: missing; give a stable identifier, or no user');
});

test('a debugger that throws costs nothing', async () => {
  const debug = () => {
    throw new Error('mine');
  };
  const telemetry = createTelemetry({ product: 'editor', channel: memoryChannel(), debug });
  telemetry.log({ name: 'a' });
  expect(await telemetry.shutdown()).toMatchObject({ acknowledged: 1 });
});
