import { memoryChannel } from '@telemetry/client/memory';
import { ErrorReason, Outcome } from '@telemetry/gen';
import { expect, test } from 'vitest';
import {
  refusedDeclarationMsMax,
  senderBackoffMsMax,
  storeBackoffMsMax,
  streamLingerMsDefault,
} from '../../client/src/limits.ts';
import { resolveOptions } from '../../client/src/resolve-options.ts';
import { ChannelSender } from '../../client/src/store/channel-sender.ts';
import { type StoreFile, severalProducers } from '../../client/src/store/file-name.ts';
import type { StoreTools } from '../../client/src/store/store-tools.ts';
import { StoreWriter } from '../../client/src/store/store-writer.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { mainFolder } from './support/folder-tools.ts';
import { memoryTools } from './support/memory-tools.ts';
import { batchOfSize, declarationOfSize } from './support/sized-batches.ts';

const own = 'a'.repeat(32);
const dead = 'd'.repeat(32);

/** Waits that double up to a bound: all below it, and twice the bound. */
function doublingUpTo(boundMs: number, firstMs: number): number[] {
  const waits: number[] = [];
  for (let waitMs = firstMs; waitMs < boundMs; waitMs *= 2) {
    waits.push(waitMs);
  }
  return [...waits, boundMs, boundMs];
}

/** Time in which chance makes each wait as long as it may be. */
function longestWaits(): ManualPlatform {
  const platform = new ManualPlatform();
  platform.randomValue = 1;
  return platform;
}

/** Expects tries after these waits, each at its time and not before. `look` makes the next try where it is not made by itself. */
async function expectTries(
  platform: ManualPlatform,
  waitsMs: readonly number[],
  count: () => number,
  look = (): void => {},
): Promise<void> {
  const step = async (durationMs: number): Promise<number> => {
    await platform.advance(durationMs);
    look();
    await platform.advance(0);
    return count();
  };
  expect(await step(0)).toBe(1);
  for (const [index, waitMs] of waitsMs.entries()) {
    expect(await step(waitMs - 1), `tries before ${waitMs} ms`).toBe(index + 1);
    expect(await step(1), `tries after ${waitMs} ms`).toBe(index + 2);
  }
}

function senderOver(tools: StoreTools, channel = memoryChannel()): { sender: ChannelSender; errors: string[] } {
  const none = { machine: {}, operatingSystem: undefined };
  const resolved = resolveOptions({ product: { name: 'store' }, platform: tools.platform }, none);
  const options = { ...resolved, lingerMs: streamLingerMsDefault };
  const errors: string[] = [];
  const sender = new ChannelSender('main', channel, mainFolder(tools), options, {
    confirm: async () => true,
    isHeld: () => true,
    fallbackCore: () => new Uint8Array(0),
    tellOthers: async () => {},
    takeOwn: () => {},
    onError: ({ message }) => void errors.push(message),
  });
  return { sender, errors };
}

test('a disk that fails is written to again after waits that double up to the bound, and are never longer', async () => {
  const platform = longestWaits();
  let tries = 0;
  const failures: unknown[] = [];
  const write = (): Promise<never> => {
    tries += 1;
    return Promise.reject(new Error('made up: no space'));
  };
  const writer = new StoreWriter(memoryTools(platform, { write }), own, ['channels/main'], {
    room: async () => {},
    isFullOfSent: () => false,
    onWritten: () => {},
    onOversize: () => {},
    onFailure: (error) => void failures.push(error),
  });
  writer.append(batchOfSize(own, 1, 1_000));
  writer.start();
  await expectTries(platform, doublingUpTo(storeBackoffMsMax, 1_000), () => tries);
  expect(failures).toHaveLength(1);
});

test('a sender whose disk fails looks again after waits that double up to its bound, and are never longer', async () => {
  const platform = longestWaits();
  let tries = 0;
  const list = (): Promise<never> => {
    tries += 1;
    return Promise.reject(new Error('made up: the disk is gone'));
  };
  const { sender, errors } = senderOver(memoryTools(platform, { list }));
  sender.wake();
  await expectTries(platform, doublingUpTo(senderBackoffMsMax, 1_000), () => tries);
  expect(errors).toStrictEqual(['store: made up: the disk is gone']);
});

test('a declaration that is refused is sent again after waits that double up to the bound, and are never longer', async () => {
  const platform = longestWaits();
  const tools = memoryTools(platform);
  const numbers = { ordinal: 7, firstSeq: 0, lastSeq: 0, eventCount: 0 };
  const createdUnixMs = 1_700_000_000_000;
  const file: StoreFile = { createdUnixMs, producer: severalProducers, ...numbers, state: { kind: 'batch' } };
  await mainFolder(tools).write(file, { records: [declarationOfSize(dead, 1, 1_000)], sources: [] });
  let tries = 0;
  const answer = () => {
    tries += 1;
    const rejection = { reason: ErrorReason.INVALID_VALUE, message: 'made up', field: 'dropped' };
    return { outcome: Outcome.REJECTED, rejection };
  };
  const { sender, errors } = senderOver(tools, memoryChannel({ answer }));
  await expectTries(
    platform,
    doublingUpTo(refusedDeclarationMsMax, 60_000),
    () => tries,
    () => sender.wake(),
  );
  expect(errors).toStrictEqual([]);
  await sender.end();
});
