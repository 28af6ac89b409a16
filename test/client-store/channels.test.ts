import { join } from 'node:path';
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { ErrorReason, Outcome } from '@telemetry/gen';
import { describe, expect, onTestFinished, test } from 'vitest';
import { expectBalance } from '../client/support/expect-balance.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesIn, storedFiles } from './support/stored-files.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

const retry = { initialBackoffMs: 10, maxBackoffMs: 50 };
const refused = { reason: ErrorReason.MALFORMED, message: 'refused', field: '' };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A channel under another name. */
function named(name: string, channel: SwitchedChannel): SwitchedChannel {
  return Object.assign(channel, { name });
}

describe.each([
  ['a folder', () => ({ folder: join(temporaryFolder(), 'store') })],
  ['memory', () => 'memory' as const],
])('several channels over %s', (_, makeStore) => {
  test('each get every event; one that cannot be reached delays no other', async () => {
    const fast = named('fast', new SwitchedChannel(true));
    const slow = named('slow', new SwitchedChannel(false));
    const telemetry = createTelemetry({ product: 'store', channels: [fast, slow], store: makeStore(), retry });
    onTestFinished(async () => void (await telemetry.shutdown({ timeoutMs: 100 })));
    for (let index = 0; index < 2_300; index++) {
      telemetry.log({ name: 'kept' });
    }
    const result = telemetry.flush({ timeoutMs: 20_000 });
    await eventually(() => (fast.received().stored.length === 2_300 ? true : undefined), 10_000);
    expect(fast.received().stored).toStrictEqual(numbers(2_300));
    // What one has and the other has not is pending.
    expect(telemetry.stats()).toMatchObject({ acknowledged: 0, pending: 2_300 });
    slow.isOn = true;
    expect(await result).toMatchObject({ complete: true, acknowledged: 2_300, pending: 0 });
    expect(slow.received().stored).toStrictEqual(numbers(2_300));
    expectBalance(telemetry.stats());
  });

  test('an event that one of them drops counts as dropped', async () => {
    const one = memoryChannel();
    const other = Object.assign(
      memoryChannel({
        answer: ({ events }) => (events.length > 0 ? { outcome: Outcome.REJECTED, rejection: refused } : undefined),
      }),
      { name: 'other' },
    );
    const telemetry = createTelemetry({ product: 'store', channels: [one, other], store: makeStore(), retry });
    onTestFinished(async () => void (await telemetry.shutdown({ timeoutMs: 100 })));
    telemetry.log({ name: 'kept' });
    expect(await telemetry.flush()).toMatchObject({ complete: true, dropped: 1, droppedByReason: { rejected: 1 } });
    expect(one.events).toHaveLength(1);
    await eventually(() => (other.batches.length > 0 ? true : undefined), 5_000);
    expect(other.batches[0]?.dropped).toMatchObject([{ firstSeq: 1n, lastSeq: 1n }]);
    expectBalance(telemetry.stats());
  });
});

test('each channel has a place of its own in the folder', async () => {
  const folder = join(temporaryFolder(), 'store');
  const channels = [named('one', new SwitchedChannel(false)), named('127.0.0.1:4400/*', new SwitchedChannel(false))];
  const telemetry = createTelemetry({ product: 'store', channels, store: { folder }, retry });
  telemetry.log({ name: 'kept' });
  await telemetry.shutdown({ timeoutMs: 100 });
  expect(filesIn(folder, 'channels')).toStrictEqual(['127%2e0%2e0%2e1%3A4400%2F%2a', 'one']);
  expect(storedFiles(folder)).toHaveLength(2);
});

test.each([
  [{ channels: [] }, /^channels: empty/],
  [{ channels: [memoryChannel(), memoryChannel()] }, /^channels: two have the same name/],
  [{ channels: [memoryChannel()], channel: memoryChannel() }, /^channel and channels: both are given/],
  [{ channels: [memoryChannel()], endpoint: '127.0.0.1:1' }, /^endpoint and channels: both are given/],
  [{ channels: [memoryChannel()], key: 'k' }, /^key and tls: they belong to endpoint/],
])('options that do not fit together are refused: %#', (options, message) => {
  expect(() => createTelemetry({ product: 'store', ...options })).toThrow(message);
});
