import { join } from 'node:path';
import { DropReason } from '@telemetry/gen';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { StoreProcess } from './support/store-process.ts';
import { filesIn, storedFiles } from './support/stored-files.ts';

const retry = { initialBackoffMs: 20, maxBackoffMs: 200 };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

async function startCollector(): Promise<MisbehavingCollector> {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  return collector;
}

/** What a collector has of a producer. */
function storedOf(collector: MisbehavingCollector, producer: string): number[] {
  return [...(collector.stored.get(producer)?.keys() ?? [])].sort((a, b) => a - b);
}

/** Waits until nothing is left to send, and looks that no trace is left either. */
async function expectEmpty(folder: string): Promise<void> {
  await eventually(
    () => (storedFiles(folder).length === 0 ? true : undefined),
    15_000,
    () => `left: ${storedFiles(folder).join(', ')}`,
  );
  expect(filesIn(folder, 'quarantine')).toStrictEqual([]);
}

describe('one process', () => {
  test('killed while nobody takes anything leaves all that was flushed, and the next one delivers it once', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    collector.kill();
    const options = { endpoint: collector.address, store: { folder }, retry };
    const first = await StoreProcess.start(options);
    await first.log(2_500);
    expect(await first.flush(1_000)).toMatchObject({ complete: false, pending: 2_500, acknowledged: 0 });
    await first.kill();
    expect(storedFiles(folder).length).toBeGreaterThan(0);
    await collector.start();
    const second = await StoreProcess.start(options);
    await expectEmpty(folder);
    expect(storedOf(collector, first.producerId)).toStrictEqual(numbers(2_500));
    expect(collector.conflicts).toStrictEqual([]);
    expect(await second.shutdown()).toMatchObject({ complete: true, highestSeq: 0 });
  });

  test('killed before an acknowledgement has come sends the same bytes again, with a higher attempt', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    collector.answer = ({ earlier }) => ({ kind: earlier === 0 ? 'silence' : 'accept' });
    const options = { endpoint: collector.address, store: { folder }, retry };
    const first = await StoreProcess.start(options);
    await first.log(10);
    await first.flush(500);
    await eventually(() => (collector.arrivals.length > 0 ? true : undefined), 5_000);
    await first.kill();
    expect(storedFiles(folder)).toStrictEqual([expect.stringMatching(/-1-10-10\.sent$/)]);
    await StoreProcess.start(options);
    await expectEmpty(folder);
    expect(collector.arrivals.map(({ attempt, earlier }) => [attempt, earlier])).toStrictEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(collector.conflicts).toStrictEqual([]);
  });

  test('that ends by process.exit writes what is in its queue, the open batch included', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    collector.kill();
    const options = { endpoint: collector.address, store: { folder }, retry };
    const first = await StoreProcess.start(options);
    await first.log(7_777);
    await first.exit();
    await collector.start();
    await StoreProcess.start(options);
    await eventually(() => (storedOf(collector, first.producerId).length === 7_777 ? true : undefined), 15_000);
    await expectEmpty(folder);
    expect(collector.conflicts).toStrictEqual([]);
  });

  test('that is shut down while nobody takes anything keeps all of it, and says so', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    collector.kill();
    const options = { endpoint: collector.address, store: { folder }, retry };
    const first = await StoreProcess.start(options);
    await first.log(1_500);
    expect(await first.shutdown(1)).toMatchObject({ complete: false, pending: 1_500, dropped: 0 });
    expect(storedFiles(folder).every((name) => /\.(batch|sent)$/.test(name))).toBe(true);
    expect(filesIn(folder, 'producers')).toStrictEqual([]);
    await collector.start();
    await StoreProcess.start(options);
    await expectEmpty(folder);
    expect(storedOf(collector, first.producerId)).toStrictEqual(numbers(1_500));
  });
});

describe('several processes', () => {
  test('have one uploader; each hears what became of its own events', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    collector.answer = ({ earlier, batch }) =>
      earlier === 0 && Number(batch.events[0]?.seq) === 1 ? { kind: 'accept', drop: [1] } : { kind: 'accept' };
    const options = { endpoint: collector.address, store: { folder }, retry };
    const processes: StoreProcess[] = [];
    for (let index = 0; index < 4; index++) {
      processes.push(await StoreProcess.start(options));
    }
    await Promise.all(processes.map((each) => each.log(1_200)));
    for (const result of await Promise.all(processes.map((each) => each.flush()))) {
      expect(result).toMatchObject({ complete: true, acknowledged: 1_199, dropped: 1, pending: 0 });
      expect(result.droppedByReason).toStrictEqual({ blacklisted: 1 });
    }
    expect(collector.streams).toBe(1);
    expect(collector.conflicts).toStrictEqual([]);
    await expectEmpty(folder);
    expect(filesIn(folder, 'outcomes')).toStrictEqual([]);
  });

  test('the uploader killed, another takes over within seconds', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    const options = { endpoint: collector.address, store: { folder }, retry };
    const uploader = await StoreProcess.start(options);
    await uploader.log(1);
    await uploader.flush();
    const other = await StoreProcess.start(options);
    await uploader.log(100);
    await uploader.kill();
    await other.log(50);
    expect(await other.flush(8_000)).toMatchObject({ complete: true, acknowledged: 50 });
    await expectEmpty(folder);
    await eventually(() => (filesIn(folder, 'producers').length === 1 ? true : undefined), 15_000);
    expect(collector.conflicts).toStrictEqual([]);
  });

  test('what one is refused, the other declares for it', async () => {
    const folder = join(temporaryFolder(), 'store');
    const collector = await startCollector();
    const options = { endpoint: collector.address, store: { folder }, retry };
    const uploader = await StoreProcess.start(options);
    await uploader.log(1);
    await uploader.flush();
    collector.answer = ({ batch }) => (batch.events.length > 0 ? { kind: 'reject', reason: 1 } : { kind: 'accept' });
    const other = await StoreProcess.start(options);
    await other.log(20);
    expect(await other.flush()).toMatchObject({ complete: true, dropped: 20, droppedByReason: { rejected: 20 } });
    await eventually(async () => ((await other.stats()).undeclared === 0 ? true : undefined), 10_000);
    expect([...(collector.declared.get(other.producerId) ?? [])]).toStrictEqual(
      numbers(20).map((seq) => [seq, DropReason.REJECTED]),
    );
    await expectEmpty(folder);
  });
});
