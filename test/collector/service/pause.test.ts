import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Outcome } from '@telemetry/gen';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pauseMsMax } from '../../../collector/src/limits.ts';
import { batch, event, plainRequest, serialize } from '../support/batches.ts';
import { startChildCollector } from '../support/child-collector.ts';
import { RawClient } from '../support/raw-client.ts';
import { numbersOnDisk } from '../support/spool.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LOAD_TIMEOUT_MS = 8_000;

/** A batch with one number. */
function requestOf(seq: number): Uint8Array {
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  return plainRequest(serialize(batch({ producerId: randomBytes(16), events: [event(seq, { timeUnixUs })] })));
}

describe('a collector that the machine does not let run', () => {
  it.each([
    ['longer than its bound', pauseMsMax(LOAD_TIMEOUT_MS) + 500, true],
    ['shorter than its bound', pauseMsMax(LOAD_TIMEOUT_MS) / 4, false],
  ])('%s: what it reads then is sent before, or is not', async (_name, pauseMs, isSuspect) => {
    const dataDir = await tempFolder();
    const child = await startChildCollector(dataDir, LOAD_TIMEOUT_MS);
    const client = new RawClient(child.address);
    onTestFinished(() => client.close());
    expect((await client.publish(requestOf(1))).outcome).toBe(Outcome.ACCEPTED);
    let waiting: ReturnType<typeof client.publish> | undefined;
    await child.pause(pauseMs, () => {
      // Waits in the socket.
      waiting = client.publish(requestOf(2));
    });
    expect((await waiting)?.outcome).toBe(Outcome.ACCEPTED);
    expect((await client.publish(requestOf(3))).outcome).toBe(Outcome.ACCEPTED);
    const fresh = (await numbersOnDisk(join(dataDir, 'spool'))).numbers;
    const resent = (await numbersOnDisk(join(dataDir, 'spool', 'resent'))).numbers;
    expect({ fresh, resent }).toEqual(isSuspect ? { fresh: [1], resent: [2, 3] } : { fresh: [1, 2, 3], resent: [] });
  });
});
