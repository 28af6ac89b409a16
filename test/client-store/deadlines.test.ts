import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, test } from 'vitest';
import { IndexedDbBackend } from '../../client/src/browser/indexed-db-backend.ts';
import {
  consentDeadlineMs,
  databaseOpenTimeoutMs,
  storeCloseTimeoutMs,
  storeRoomPollMs,
  storeRoomTimeoutMs,
  wipeTimeoutMs,
} from '../../client/src/limits.ts';
import { MemoryFiles, memoryBackend } from '../../client/src/store/memory-backend.ts';
import { StoreConsent } from '../../client/src/store/store-consent.ts';
import { waitForRoom } from '../../client/src/store/store-room.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { memoryTools } from './support/memory-tools.ts';
import { settlesAfter } from './support/settles-after.ts';
import { slowDatabase } from './support/slow-database.ts';
import { storeClient } from './support/store-client.ts';
import { StuckChannel } from './support/stuck-channel.ts';

const own = 'a'.repeat(32);
const other = 'b'.repeat(32);

describe('a process that waits for room in a full store', () => {
  const folder = 'channels/main';

  function waitInFullStore() {
    const platform = new ManualPlatform();
    const shared = new MemoryFiles();
    shared.files.set(`${folder}/one`, new Uint8Array(1));
    const waiting = waitForRoom(memoryBackend(shared, platform), platform, [folder], 1, () => {});
    return { platform, shared, waiting };
  }

  test('writes all the same when its time is over, and not before', async () => {
    const { platform, waiting } = waitInFullStore();
    await settlesAfter(platform, storeRoomTimeoutMs, waiting);
  });

  test('sees room that comes before its last look', async () => {
    const { platform, shared, waiting } = waitInFullStore();
    await platform.advance(0);
    await platform.advance(storeRoomTimeoutMs - storeRoomPollMs - 1);
    shared.files.clear();
    await settlesAfter(platform, 1, waiting);
  });
});

describe('a shutdown', () => {
  const timeoutMs = 1_000;

  /** A client with an event, whose disk takes nothing before the test says so, and which shuts down. */
  function shutDown() {
    const platform = new ManualPlatform();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const shared = new MemoryFiles();
    const memory = memoryBackend(shared, platform);
    const { backend } = memoryTools(
      platform,
      { write: (bytes, ...paths) => answered.then(() => memory.write(bytes, ...paths)) },
      shared,
    );
    const { telemetry } = storeClient({ backend, channels: [new StuckChannel()], platform });
    telemetry.log({ name: 'kept' });
    return { platform, shared, answer, result: telemetry.shutdown({ timeoutMs }) };
  }

  test('gives the disk its time, besides its own, and no more', async () => {
    const { platform, shared, result } = shutDown();
    expect(await settlesAfter(platform, timeoutMs + storeCloseTimeoutMs, result)).toMatchObject({ complete: false });
    expect([...shared.files.keys()]).toStrictEqual([]);
  });

  test('ends when the disk has answered in that time', async () => {
    const { platform, shared, answer, result } = shutDown();
    let isOver = false;
    const over = result.then(() => {
      isOver = true;
    });
    await platform.advance(timeoutMs + storeCloseTimeoutMs - 1);
    expect(isOver).toBe(false);
    answer();
    await settlesAfter(platform, 0, over);
    expect([...shared.files.keys()]).toStrictEqual([expect.stringMatching(/-1-1-1\.(batch|sent)$/)]);
  });
});

describe('a page', () => {
  test('waits for its database until its time is over, and not longer', async () => {
    const platform = new ManualPlatform();
    const { scope } = slowDatabase();
    const opened = new IndexedDbBackend({ name: 'store', scope, platform }).open(own);
    const late = `the database did not open within ${databaseOpenTimeoutMs} ms`;
    await expect(settlesAfter(platform, databaseOpenTimeoutMs, opened)).rejects.toThrow(late);
  });

  test('uses a database that opens in that time', async () => {
    const platform = new ManualPlatform();
    const { scope, open } = slowDatabase();
    const opened = new IndexedDbBackend({ name: 'store', scope, platform }).open(own);
    await platform.advance(databaseOpenTimeoutMs - 1);
    open();
    await settlesAfter(platform, 0, opened);
  });
});

describe('an opt-out', () => {
  /** A client in memory, whose event is on its way, and whose consent is withdrawn. */
  async function denyStuck() {
    const platform = new ManualPlatform();
    const channel = new StuckChannel();
    const telemetry = createTelemetry({ product: 'store', channel, platform });
    telemetry.log({ name: 'on its way' });
    void telemetry.flush({ timeoutMs: 1 });
    await platform.advance(1);
    expect(telemetry.stats().connected).toBe(true);
    return { platform, channel, result: telemetry.setConsent('denied') };
  }

  test('waits for a connection to end until its time is over, and says so then', async () => {
    const { platform, result } = await denyStuck();
    const problem = `stuck: the connection did not end within ${wipeTimeoutMs} ms`;
    expect(await settlesAfter(platform, wipeTimeoutMs, result)).toMatchObject({ droppedEvents: 1, problem });
  });

  test('has no problem with a connection that ends in that time', async () => {
    const { platform, channel, result } = await denyStuck();
    await platform.advance(wipeTimeoutMs - 1);
    channel.endConnection();
    expect(await settlesAfter(platform, 0, result)).toMatchObject({ droppedEvents: 1, problem: undefined });
  });

  /** A client in a store, whose consent is withdrawn, and the consent as another process has it, which lives. */
  async function denyBesideAnother() {
    const platform = new ManualPlatform();
    const shared = new MemoryFiles();
    shared.live.add(other);
    const tools = memoryTools(platform, {}, shared);
    const { telemetry } = storeClient({ backend: tools.backend, channels: [memoryChannel()], platform });
    await platform.advance(0);
    return { platform, consent: new StoreConsent(other, tools), result: telemetry.setConsent('denied') };
  }

  test('waits for the other processes to stop until its time is over, and says how many have not then', async () => {
    const { platform, result } = await denyBesideAnother();
    const problem = `1 processes have not stopped within ${consentDeadlineMs} ms`;
    expect(await settlesAfter(platform, consentDeadlineMs, result)).toMatchObject({ problem });
  });

  test('has no problem with a process that stops in that time', async () => {
    const { platform, consent, result } = await denyBesideAnother();
    await platform.advance(0);
    await platform.advance(consentDeadlineMs - 1);
    const record = await consent.read();
    if (record === undefined) throw new Error('the others were not told');
    await consent.confirm(record);
    expect(await settlesAfter(platform, 1, result)).toMatchObject({ problem: undefined });
  });
});
