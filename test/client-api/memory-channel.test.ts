import { createTelemetry } from '@telemetry/client';
import { EventExpectationError, memoryChannel } from '@telemetry/client/memory';
import { describe, expect, test } from 'vitest';
import { editorCatalogue } from './support/editor-catalogue.ts';

async function editorSession() {
  const channel = memoryChannel();
  const telemetry = createTelemetry({
    product: 'editor',
    channel,
    catalogue: editorCatalogue,
    user: { id: 'u-1' },
    audience: 'internal',
  });
  telemetry.log({
    name: 'export.finished',
    data: { outcome: 'cancelled', durationMs: 1.5 },
    properties: { format: 'png', pages: 3, toDisk: true },
  });
  telemetry.log({ name: 'search.opened' });
  telemetry.log({ name: 'search.opened' });
  telemetry.fault(new TypeError('x is undefined'), { severity: 'crash' });
  telemetry.measured('start', 0);
  telemetry.projectActivity('p-1', 'saved', { itemCount: 3 });
  telemetry.log({ name: 'search.open' } as never);
  await telemetry.shutdown();
  return channel;
}

/** What an expectation says when it is not met. */
function failure(expectation: () => unknown): string {
  try {
    expectation();
  } catch (error) {
    expect(error).toBeInstanceOf(EventExpectationError);
    return (error as Error).message;
  }
  throw new Error('the expectation is met');
}

describe('an event is found', () => {
  test('and given back in the words of the API', async () => {
    const channel = await editorSession();
    expect(channel.expectEvent({ name: 'export.finished' })).toStrictEqual({
      name: 'export.finished',
      seq: 1,
      time: expect.any(Date),
      tier: 'long',
      data: { kind: 'featureUse', feature: 'export.finished', outcome: 'cancelled', durationMs: 1.5 },
      properties: { format: 'png', toDisk: 'true' },
      measurements: { pages: 3 },
      user: { id: 'u-1' },
    });
    expect(channel.expectEvent({ data: { kind: 'performance' } }).data).toStrictEqual({
      kind: 'performance',
      metric: 'start',
      value: 0,
    });
    expect(channel.expectEvent({ data: { kind: 'projectActivity' } }).data).toMatchObject({
      action: 'saved',
      itemCount: 3,
    });
  });

  test.each([
    ['by its name', { name: 'export.finished' }, 1],
    ['by a pattern', { name: /^search\./ }, 2],
    ['by tier', { tier: 'standard' as const }, 5],
    ['by properties as they were logged', { properties: { format: 'png', pages: 3, toDisk: true } }, 1],
    ['by a measurement', { measurements: { pages: 3 } }, 1],
    ['by what a value is like', { data: { message: /undefined$/, severity: 'crash' } }, 1],
    ['by a function', { properties: { pages: (pages: unknown) => Number(pages) > 2 } }, 1],
    ['by what is not there', { name: 'search.opened', properties: { letters: undefined } }, 2],
    ['by the user', { userId: 'u-1' }, 6],
    ['by anything', { where: ({ seq }: { seq: number }) => seq % 2 === 0 }, 3],
    ['by nothing', {}, 6],
  ])('%s', async (_, match, count) => {
    const channel = await editorSession();
    expect(channel.findEvents(match)).toHaveLength(count);
    expect(channel.expectEvent(match)).toStrictEqual(channel.findEvents(match)[0]);
    expect(failure(() => channel.expectNoEvent(match))).toContain(`${count} were taken`);
  });
});

describe('an event that is missing', () => {
  test('is told with the one that comes closest, and all that there is', async () => {
    const channel = await editorSession();
    const match = { name: 'export.finished', properties: { format: 'pdf', pages: 3, title: 'a' } };
    expect(failure(() => channel.expectEvent(match))).toBe(
      [
        'expected an event { name: "export.finished", properties: { format: "pdf", pages: 3, title: "a" } }',
        'of 6 taken, number 1 (export.finished) comes closest:',
        '  properties.format: "png", expected "pdf"',
        '  properties.title: nothing, expected "a"',
        'all that were taken: export.finished (1), search.opened (2), fault.occurred (1), performance.measured (1), project.saved (1)',
        'dropped as invalid: number 7',
      ].join('\n'),
    );
    channel.expectNoEvent(match);
  });

  test.each([
    [{ tier: 'diagnostic' as const }, 'tier: "long", expected "diagnostic"'],
    [{ userId: /^u-2/ }, 'userId: "u-1", expected /^u-2/'],
    [{ name: 'search.opened', where: () => false }, 'where: does not agree'],
    [
      {
        data: {
          kind: 'fault',
          type: function isRange() {
            return false;
          },
        },
      },
      'type: "TypeError", expected what isRange agrees to',
    ],
  ])('is told by what differs: %j', async (match, message) => {
    const channel = await editorSession();
    expect(failure(() => channel.expectEvent(match))).toContain(message);
  });

  test('is asked whether anything was flushed', () => {
    expect(failure(() => memoryChannel().expectEvent({ name: 'a' }))).toBe(
      'expected an event { name: "a" }\nno event was taken so far: was `await telemetry.flush()` forgotten?',
    );
  });
});

describe('an event that is waited for', () => {
  test('may be there or may come', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product: 'editor', channel, flushIntervalMs: 20 });
    const second = channel.waitForEvent({ name: 'second' });
    telemetry.log({ name: 'first' });
    expect(await channel.waitForEvent({ name: 'first' })).toMatchObject({ seq: 1 });
    telemetry.log({ name: 'second' });
    expect(await second).toMatchObject({ seq: 2 });
    expect(await channel.waitForEvent({ name: 'second' })).toMatchObject({ seq: 2 });
    await telemetry.shutdown();
  });

  test('and does not come is told of when the time is over', async () => {
    const channel = await editorSession();
    const waiting = channel.waitForEvent({ name: 'saved' }, { timeoutMs: 10 });
    await expect(waiting).rejects.toThrow(/^expected an event \{ name: "saved" \}\nof 6 taken/);
  });

  test('by a function that throws fails the test, and not the client', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product: 'editor', channel });
    const where = () => {
      throw new Error('mine');
    };
    const waiting = expect(channel.waitForEvent({ where })).rejects.toThrow('mine');
    telemetry.log({ name: 'a' });
    expect(await telemetry.shutdown()).toMatchObject({ complete: true, acknowledged: 1 });
    await waiting;
  });
});
