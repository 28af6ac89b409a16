import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { senderRestMs, senderShiftMs } from '../../client/src/limits.ts';
import { SenderShift } from '../../client/src/store/sender-shift.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ClientProcess } from './client-process.ts';

test('a process that has nothing more to do ends, although it is the uploader and others go on to write', {
  timeout: 120_000,
}, async () => {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  const folder = temporaryFolder();
  const common = {
    product: 'leaving',
    folder: join(folder, 'store'),
    address: collector.address,
    seed: 1,
    crashPoint: undefined,
    drains: false,
    pauseMsMax: 60,
    flushIntervalMs: 60,
  };
  const cache = join(folder, 'cache');
  // Each batch at its second attempt, so that there is always one more to send.
  collector.answer = ({ earlier }) => (earlier === 0 ? { kind: 'defer', retryDelayMs: 100 } : { kind: 'accept' });
  const leaving = new ClientProcess({ ...common, name: 'leaving', durationMs: 4_000, ending: 'leave' }, cache);
  onTestFinished(() => leaving.signal('SIGKILL'));
  await eventually(() => (collector.arrivals.length > 0 ? true : undefined), 30_000);
  for (const name of ['busy', 'busier']) {
    const busy = new ClientProcess({ ...common, name, durationMs: 120_000, ending: 'killed' }, cache);
    onTestFinished(() => busy.signal('SIGKILL'));
    await busy.started;
  }
  expect(await leaving.end(45_000)).toMatchObject({ code: 0 });
});

test('a sender rests after its shift, and no longer than it has to', () => {
  let nowMs = 5_000;
  const shift = new SenderShift(() => nowMs);
  const restsAfter = (passedMs: number) => {
    nowMs += passedMs;
    return shift.isResting;
  };
  expect(restsAfter(senderShiftMs - 1)).toBe(false);
  expect(restsAfter(1)).toBe(true);
  expect(restsAfter(senderRestMs - 1)).toBe(true);
  expect(restsAfter(1)).toBe(false);
  expect(restsAfter(senderShiftMs)).toBe(true);
  shift.begin();
  expect(restsAfter(0)).toBe(false);
});
