import { DropReason } from '@telemetry/gen';
import { expect, test } from 'vitest';
import type { BanList } from '../../client/src/ban-list.ts';
import { MemoryFiles, memoryBackend } from '../../client/src/store/memory-backend.ts';
import { expectBalance } from '../client/support/expect-balance.ts';
import { eventually } from '../support/eventually.ts';
import { systemTime } from './support/backend-contract.ts';
import { storeClient } from './support/store-client.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

const list: BanList = {
  version: 7,
  forCore: (product) => (product === 'store' ? (name) => name === 'banned' : undefined),
};

test('a new list takes banned events out of what was never sent, whoever has stored it', async () => {
  const shared = new MemoryFiles();
  const channel = new SwitchedChannel(false);
  const open = () =>
    storeClient({ backend: memoryBackend(shared, systemTime), channels: [channel], platform: systemTime });
  const first = open();
  const second = open();
  for (const { telemetry } of [first, second]) {
    // Two files: the first is ready to be sent, the second is not even read.
    for (const names of [['kept', 'banned', 'banned', 'kept'], ['banned']]) {
      for (const name of names) {
        telemetry.log({ name });
      }
      await telemetry.flush({ timeoutMs: 50 });
    }
  }
  first.delivery.setBanList(list);
  second.delivery.setBanList(list);
  channel.isOn = true;
  for (const { telemetry } of [first, second]) {
    expect(await telemetry.flush({ timeoutMs: 10_000 })).toMatchObject({
      complete: true,
      acknowledged: 2,
      dropped: 3,
      droppedByReason: { blacklisted: 3 },
    });
    await eventually(() => (telemetry.stats().undeclared === 0 ? true : undefined), 10_000);
    expectBalance(telemetry.stats());
  }
  expect(channel.taken.events.map(({ name }) => name)).toStrictEqual(['kept', 'kept', 'kept', 'kept']);
  const ranges = channel.taken.batches.flatMap(({ dropped }) => dropped);
  expect(
    ranges
      .map(({ firstSeq, lastSeq, reason, blacklistVersion }) => [firstSeq, lastSeq, reason, blacklistVersion])
      .sort(),
  ).toStrictEqual([
    [2n, 3n, DropReason.BLACKLISTED, 7n],
    [2n, 3n, DropReason.BLACKLISTED, 7n],
    [5n, 5n, DropReason.BLACKLISTED, 7n],
    [5n, 5n, DropReason.BLACKLISTED, 7n],
  ]);
  await Promise.all([first, second].map(({ telemetry }) => telemetry.shutdown()));
});
