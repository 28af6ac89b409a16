import { join } from 'node:path';
import { DropReason } from '@telemetry/gen';
import { expect, onTestFinished, test, vi } from 'vitest';
import { completePlatform } from '../../client/src/platform.ts';
import { MemoryFiles, memoryBackend } from '../../client/src/store/memory-backend.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { bytesIn } from '../client-privacy/support/bytes-in.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { storeClient } from './support/store-client.ts';
import { StoreProcess } from './support/store-process.ts';
import { storedFiles } from './support/stored-files.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

const retry = { initialBackoffMs: 20, maxBackoffMs: 200 };

async function startCollector(): Promise<MisbehavingCollector> {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  return collector;
}

/** Whether a text is in any file of a folder, however deep. */
const isWritten = (folder: string, text: string) => bytesIn(folder).includes(text);

test('a denial in one process stops all, and nothing is left when it resolves', async () => {
  const folder = join(temporaryFolder(), 'store');
  const collector = await startCollector();
  collector.kill();
  const options = { endpoint: collector.address, store: { folder }, retry };
  const dead = await StoreProcess.start(options);
  await dead.log(3);
  await dead.flush(100);
  await dead.kill();
  const first = await StoreProcess.start(options);
  const second = await StoreProcess.start(options);
  await Promise.all([first.log(5), second.log(7)]);
  await Promise.all([first.flush(100), second.flush(100)]);
  await second.log(2);
  expect(storedFiles(folder).length).toBeGreaterThan(0);
  expect(isWritten(folder, 'store.tested')).toBe(true);

  expect(await first.setConsent('denied')).toStrictEqual({ consent: 'denied', droppedEvents: 5 });
  expect(storedFiles(folder)).toStrictEqual([]);
  expect(isWritten(folder, 'store.tested')).toBe(false);
  expect(await second.stats()).toMatchObject({ consent: 'denied', dropped: 9, droppedByReason: { optedOut: 9 } });

  // Whatever is logged now, by whichever process, is neither kept nor sent.
  const third = await StoreProcess.start(options);
  await eventually(async () => ((await third.stats()).consent === 'denied' ? true : undefined), 5_000);
  await collector.start();
  await Promise.all([first, second, third].map((each) => each.log(4)));
  await Promise.all([first, second, third].map((each) => each.flush(500)));
  await third.exit();
  expect(storedFiles(folder)).toStrictEqual([]);
  expect(isWritten(folder, 'store.tested')).toBe(false);
  expect(collector.arrivals).toStrictEqual([]);

  // Granted again in the one, all go on, and say what they gave up.
  expect(await second.setConsent('granted')).toMatchObject({ consent: 'granted' });
  await eventually(async () => ((await first.stats()).consent === 'granted' ? true : undefined), 5_000);
  await Promise.all([first.log(1), second.log(1)]);
  for (const [each, dropped] of [
    [first, 5],
    [second, 9],
  ] as const) {
    expect(await each.flush()).toMatchObject({ complete: true, acknowledged: 1, dropped, pending: 0 });
    const numbers = Array.from({ length: dropped }, (_, index) => [index + 1, DropReason.OPTED_OUT]);
    const declared = () => [...(collector.declared.get(each.producerId) ?? [])].sort(([a], [b]) => a - b);
    await eventually(() => (declared().length === dropped ? true : undefined), 10_000);
    expect(declared()).toStrictEqual(numbers);
    expect([...(collector.stored.get(each.producerId)?.keys() ?? [])]).toStrictEqual([dropped + 1]);
  }
});

test('a denial takes back what another process has on its way', async () => {
  const folder = join(temporaryFolder(), 'store');
  const collector = await startCollector();
  collector.answer = () => ({ kind: 'silence' });
  const options = { endpoint: collector.address, store: { folder }, retry };
  const sender = await StoreProcess.start(options);
  await sender.log(5);
  await sender.flush(100);
  await eventually(() => (collector.arrivals.length === 1 ? true : undefined), 10_000);
  const other = await StoreProcess.start(options);
  await other.log(3);
  await other.flush(100);
  await eventually(() => (collector.arrivals.length === 2 ? true : undefined), 10_000);

  expect(await other.setConsent('denied')).toStrictEqual({ consent: 'denied', droppedEvents: 3 });
  expect(storedFiles(folder)).toStrictEqual([]);
  expect(isWritten(folder, 'store.tested')).toBe(false);
  expect(await sender.stats()).toMatchObject({ consent: 'denied', droppedByReason: { optedOut: 5 } });
  // Who would send it again now could.
  collector.answer = () => ({ kind: 'accept' });
  await Promise.all([sender.log(1), other.log(1)]);
  await Promise.all([sender.flush(500), other.flush(500)]);
  await sender.exit();
  expect(collector.arrivals).toHaveLength(2);
  expect(storedFiles(folder)).toStrictEqual([]);
});

test('a denial takes back what a page has sent as it was left, and an end of the client does not', async () => {
  const platform = completePlatform({});
  const [sent, recalled] = [vi.fn(), vi.fn()];
  const channel = Object.assign(new SwitchedChannel(false), { sendOnce: sent, recall: recalled });
  const atExit = { finishWrites() {}, write() {} };
  const backend = Object.assign(memoryBackend(new MemoryFiles(), platform), { atExit });
  const { telemetry, page } = storeClient({ backend, channels: [channel] });
  telemetry.log({ name: 'first' });
  await telemetry.flush({ timeoutMs: 100 });
  telemetry.log({ name: 'left' });
  page.onLeaving(true);
  expect(sent).toHaveBeenCalledTimes(1);
  expect(recalled).not.toHaveBeenCalled();
  await telemetry.setConsent('denied');
  expect(recalled).toHaveBeenCalledTimes(1);
  await telemetry.shutdown();
  expect(recalled).toHaveBeenCalledTimes(1);
});

test('a process that is paused is named by the denial, and does no harm when it wakes', {
  timeout: 90_000,
}, async () => {
  const folder = join(temporaryFolder(), 'store');
  const collector = await startCollector();
  collector.kill();
  const options = { endpoint: collector.address, store: { folder }, retry };
  const first = await StoreProcess.start(options);
  const paused = await StoreProcess.start(options);
  await Promise.all([first.log(5), paused.log(7)]);
  await Promise.all([first.flush(100), paused.flush(100)]);
  paused.signal('SIGSTOP');
  const result = await first.setConsent('denied');
  expect(result.problem).toContain('1 processes have not stopped');
  expect(storedFiles(folder)).toStrictEqual([]);
  paused.signal('SIGCONT');
  await eventually(async () => ((await paused.stats()).consent === 'denied' ? true : undefined), 10_000);
  await paused.exit();
  expect(storedFiles(folder)).toStrictEqual([]);
  expect(isWritten(folder, 'store.tested')).toBe(false);
});
