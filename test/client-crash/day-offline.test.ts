import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createTelemetry } from '@telemetry/client';
import { DropReason } from '@telemetry/gen';
import { expect, onTestFinished, test } from 'vitest';
import { storeFilesMax, windowBatchesDefault } from '../../client/src/limits.ts';
import { expectBalance } from '../client/support/expect-balance.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { JumpingPlatform } from './support/jumping-platform.ts';

const dayMinutes = 24 * 60;
/** So many more than there is room for. */
const moreMinutes = 120;
const eventsPerMinute = 5;
const minuteMs = 60_000;
/** Real time for what one minute writes: thousands of times what it takes. */
const patienceMs = 60_000;
/** Places that the store keeps free for a file that comes and for one that declares others. Where time leaps, a writer does not wait for them. */
const freePlaces = 2;
/** When the heap is looked at: two hours in, each further six hours, and at the end. */
const heapMinutes = [120, 480, 840, 1200, dayMinutes, dayMinutes + moreMinutes];
/** What it may grow from the first look to any other: half a kilobyte for each event of a day. */
const heapGrowthBytesMax = 0.5 * 1024 * dayMinutes * eventsPerMinute;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('a day and two hours without a network: the cap holds, what it dropped is declared, and memory is flat', {
  timeout: 300_000,
}, async () => {
  const collector = await new MisbehavingCollector().start();
  collector.kill();
  onTestFinished(() => collector.kill());
  const folder = temporaryFolder();
  const platform = new JumpingPlatform();
  const telemetry = createTelemetry({
    product: { name: 'offline' },
    endpoint: collector.address,
    store: { folder },
    platform: {
      nowUnixUs: () => platform.nowUnixUs(),
      monotonicMs: () => platform.monotonicMs(),
      setTimer: (callback, delayMs) => platform.setTimer(callback, delayMs),
    },
  });
  const files = () => readdirSync(join(folder, 'channels/main'));

  /** Waits for files and sockets until it is so; what waits for a timer gets some time now and then. */
  async function passUntil(isSo: () => boolean, stepMs: number, describe: () => string): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    for (let look = 1; !isSo(); look++) {
      if (performance.now() > deadlineMs) throw new Error(describe());
      await sleep(1);
      if (look % 5 === 0) platform.jump(stepMs);
    }
  }

  let mostFiles = 0;
  let peakFiles = 0;
  const heaps: number[] = [];
  for (let minute = 1; minute <= dayMinutes + moreMinutes; minute++) {
    for (let index = 0; index < eventsPerMinute; index++) {
      telemetry.featureUsed('save', { durationMs: minute, properties: { minute: String(minute) } });
    }
    // Longer than the interval with its jitter.
    platform.jump(1.25 * minuteMs);
    let atRest = 0;
    const isAtRest = () => {
      if (telemetry.stats().queueBytes > 0) return false;
      atRest = files().length;
      peakFiles = Math.max(peakFiles, atRest);
      return atRest <= storeFilesMax;
    };
    await passUntil(isAtRest, 50, () => `minute ${minute}: ${telemetry.stats().queueBytes} bytes, ${atRest} files`);
    mostFiles = Math.max(mostFiles, atRest);
    if (heapMinutes.includes(minute)) heaps.push(heapBytes());
  }
  const growthBytes = Math.max(...heaps) - (heaps[0] ?? 0);
  const offline = telemetry.stats();
  console.info(
    `a day offline: ${offline.highestSeq} events, at most ${mostFiles} files at rest and ${peakFiles} at any look, dropped ${JSON.stringify(offline.droppedByReason)}, ` +
      `pending ${offline.pending}, heap ${heaps.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MiB, ` +
      `${platform.timers} timers`,
  );
  expect(mostFiles).toBeGreaterThanOrEqual(storeFilesMax - freePlaces);
  expect(mostFiles).toBeLessThanOrEqual(storeFilesMax);
  expect(peakFiles).toBeLessThanOrEqual(storeFilesMax + freePlaces);
  expectBalance(offline);
  expect(offline.droppedByReason.storeFull).toBeGreaterThanOrEqual((moreMinutes - 5) * eventsPerMinute);
  expect(growthBytes).toBeLessThan(heapGrowthBytesMax);
  expect(platform.timers).toBeLessThan(10);

  await collector.start();
  await passUntil(
    () => telemetry.stats().pending === 0 && files().length === 0,
    // The pause before the next try is up to two minutes by now.
    1_000,
    () => `${files().length} files left, ${JSON.stringify(telemetry.stats())}`,
  );
  const stats = telemetry.stats();
  expectBalance(stats);
  const stored = collector.storedNumbers();
  const declared = [...collector.declaredReasons()];
  expect(collector.conflicts).toStrictEqual([]);
  expect(new Set(declared.map(([, reason]) => reason))).toStrictEqual(new Set([DropReason.STORE_FULL]));
  const all = [...stored, ...declared.map(([seq]) => seq)].sort((a, b) => a - b);
  expect(all).toStrictEqual(Array.from({ length: stats.highestSeq }, (_, index) => index + 1));
  // The oldest were dropped and the newest kept, but for what was ready to be sent: of that a collector might have had it.
  const newestDropped = Math.max(...declared.map(([seq]) => seq));
  expect(stored.filter((seq) => seq < newestDropped).length).toBeLessThanOrEqual(
    (windowBatchesDefault + 2) * eventsPerMinute,
  );
  await telemetry.shutdown();
});
