import { randomBytes } from 'node:crypto';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GATHER_BOUNDS, LOAD_TIMEOUT_MS } from '../../../collector/src/limits.ts';
import { Gathering } from '../../../collector/src/service/gathering.ts';
import { batch, event, sealedRequest, serialize } from '../support/batches.ts';
import { startChildCollector } from '../support/child-collector.ts';
import { RawClient } from '../support/raw-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { holdMs, windowMs, batchesMin } = GATHER_BOUNDS;
const dense = (batchesMin * windowMs) / holdMs;

/** A gathering with a clock that stands still but for the waits, in which the process has nothing else to do. */
class IdleProcess {
  readonly held: number[] = [];
  isQuiet = true;
  nowMs = 0;
  /** Milliseconds of work, waits included. */
  activeMs = 0;
  readonly gathering = new Gathering({
    bounds: GATHER_BOUNDS,
    isQuiet: () => this.isQuiet,
    steadyClock: () => this.nowMs,
    activeMs: () => this.activeMs,
    hold: (durationMs) => {
      this.held.push(durationMs);
      this.nowMs += durationMs;
      this.activeMs += durationMs;
    },
  });

  /** A dense window has passed. */
  begin(): void {
    this.gathering.committed(dense);
    this.nowMs += windowMs;
  }

  /** Batches are committed, and what is to follow follows. */
  async commit(batches: number): Promise<void> {
    this.gathering.committed(batches);
    for (let turns = 0; turns < 3; turns++) await turn();
  }
}

describe('a gathering', () => {
  it('waits after each commit, when its acknowledgements were sent', async () => {
    const idle = new IdleProcess();
    idle.begin();
    idle.gathering.committed(1);
    expect(idle.held).toEqual([]);
    await turn();
    expect(idle.held).toEqual([]);
    await turn();
    expect(idle.held).toEqual([holdMs]);
    await idle.commit(1);
    expect(idle.held).toEqual([holdMs, holdMs]);
  });

  it('waits once for commits that come together', async () => {
    const idle = new IdleProcess();
    idle.begin();
    idle.gathering.committed(1);
    await idle.commit(1);
    expect(idle.held).toEqual([holdMs]);
  });

  it('does not wait while a batch waits for its answer', async () => {
    const idle = new IdleProcess();
    idle.begin();
    idle.isQuiet = false;
    await idle.commit(1);
    expect(idle.held).toEqual([]);
    idle.isQuiet = true;
    await idle.commit(1);
    expect(idle.held).toEqual([holdMs]);
  });

  it('does not take its waits for work', async () => {
    const idle = new IdleProcess();
    idle.begin();
    // All of the next two windows are waits.
    for (let waits = 0; waits < (2 * windowMs) / holdMs; waits++) await idle.commit(batchesMin);
    expect(idle.held).toHaveLength((2 * windowMs) / holdMs);
  });

  it('ends when the process has work', async () => {
    const idle = new IdleProcess();
    idle.begin();
    idle.activeMs += windowMs;
    await idle.commit(1);
    expect(idle.held).toEqual([]);
  });
});

/** Mean number of batches in a commit, as `/metrics` says. */
async function batchesPerCommit(webAddress: string): Promise<number> {
  const text = await (await fetch(`http://${webAddress}/metrics`)).text();
  const numberOf = (name: string) =>
    Number(new RegExp(`^telemetry_commit_batches_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return numberOf('sum') / numberOf('count');
}

describe('a collector', () => {
  it('commits several batches at a time when they come densely, and answers all', async () => {
    // A machine that does other things as well must not look like a collector that has no time, or like senders that wait.
    const always = { busyShareMax: Number.MAX_VALUE, hurryRatio: Number.MAX_VALUE };
    const collector = await startChildCollector(await tempFolder(), LOAD_TIMEOUT_MS, always);
    const client = new RawClient(collector.address);
    onTestFinished(() => client.close());
    const stream = client.stream();
    const [count, perMs] = [600, 0.5];
    const startMs = performance.now();
    for (let sent = 0; sent < count; ) {
      const due = Math.min(count, Math.floor((performance.now() - startMs) * perMs) + 1);
      for (; sent < due; sent++) {
        const events = [event(1, { timeUnixUs: BigInt(Date.now()) * 1000n })];
        await stream.send(sealedRequest(serialize(batch({ producerId: randomBytes(16), events }))));
      }
      await delay(1);
    }
    stream.end();
    expect(await stream.nextAcks(count)).toHaveLength(count);
    expect(await stream.ended).toBeUndefined();
    expect(await batchesPerCommit(collector.webAddress)).toBeGreaterThan(2);
  });
});
