import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gzipAsideBytesMin, sealsAtOnce } from '../../client/src/limits.ts';
import { type SealResult, unseal } from '../../client/src/seal-within-limits.ts';
import { type ClosedBatch, SealingQueue } from '../../client/src/sealing-queue.ts';
import { ByteWriter } from '../../client/src/wire/byte-writer.ts';
import { coreBytesOf } from '../../client/src/wire/encode-core.ts';
import { encodeEvent } from '../../client/src/wire/encode-event.ts';
import { ManualPlatform } from './support/manual-platform.ts';
import { type Random, seededRandom } from './support/random.ts';

const coreBytes = coreBytesOf({ product: { name: 'editor' } });

/** A batch of one event, of which the name is given: large enough for another thread, or not. */
function closedBatch(ordinal: number, name: string, large: boolean): ClosedBatch {
  const writer = new ByteWriter();
  const text = 'x'.repeat(8_000);
  encodeEvent(writer, ordinal, 1, { name, properties: large ? { a: text, b: text, c: text } : {} });
  const bytes = writer.copy();
  expect(bytes.length > gzipAsideBytesMin).toBe(large);
  const seqs = { firstSeq: ordinal, lastSeq: ordinal };
  return {
    ordinal,
    events: { coreBytes, bytes, count: 1, ...seqs },
    facts: { ...seqs, eventCount: 1, dropped: [] },
  };
}

/** Bytes as a text that is compared quickly. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** A queue whose other threads end when the test says so, and in the order that it wants. */
class Scene {
  readonly platform = new ManualPlatform();
  readonly sealed: number[] = [];
  /** The events of what was sealed, by ordinal. */
  readonly contents = new Map<number, string>();
  readonly running: (() => void)[] = [];
  runningMax = 0;
  readonly queue = new SealingQueue(
    new Uint8Array(16),
    {
      gzip: (bytes) => gzipSync(bytes),
      gzipAside: (bytes) =>
        new Promise((resolve) => {
          this.running.push(() => resolve(gzipSync(bytes)));
          this.runningMax = Math.max(this.runningMax, this.running.length);
        }),
    },
    this.platform,
    { onSealed: (closed, result) => this.#onSealed(closed, result), onReady: () => {} },
  );

  /** Lets another thread end, of those that run. */
  async end(place: number): Promise<void> {
    this.running.splice(place, 1)[0]?.();
    // Once for what it brings, and once for the timers that were set then.
    await this.platform.advance(0);
    await this.platform.advance(0);
  }

  async endAll(random: Random): Promise<void> {
    await this.platform.advance(0);
    while (this.running.length > 0) await this.end(random.int(0, this.running.length - 1));
  }

  #onSealed({ ordinal }: ClosedBatch, { batches: [batch] }: SealResult): void {
    if (batch === undefined) throw new Error(`batch ${ordinal} came to nothing`);
    this.sealed.push(ordinal);
    this.contents.set(ordinal, textOf(unseal(batch).eventsBytes));
  }
}

test('seals two at a time, and hands on the second when the first is done', async () => {
  const scene = new Scene();
  for (let ordinal = 1; ordinal <= 4; ordinal++) scene.queue.append(closedBatch(ordinal, 'a', true));
  await scene.platform.advance(0);
  expect(scene.running).toHaveLength(2);
  await scene.end(1);
  expect(scene.sealed).toStrictEqual([]);
  // The third waits as well: what is sealed and not handed on is bounded.
  expect(scene.running).toHaveLength(1);
  await scene.end(0);
  expect(scene.sealed).toStrictEqual([1, 2]);
  expect(scene.running).toHaveLength(2);
});

test('a small one waits for the large one before it', async () => {
  const scene = new Scene();
  scene.queue.append(closedBatch(1, 'a', true));
  scene.queue.append(closedBatch(2, 'b', false));
  scene.queue.append(closedBatch(3, 'c', false));
  await scene.platform.advance(0);
  expect(scene.sealed).toStrictEqual([]);
  await scene.end(0);
  expect(scene.sealed).toStrictEqual([1, 2, 3]);
});

test('one that is replaced while it is sealed is sealed again, as it is then', async () => {
  const scene = new Scene();
  const [first, second] = [closedBatch(1, 'a', true), closedBatch(2, 'b', true)];
  const cut = closedBatch(1, 'cut', true);
  scene.queue.append(first);
  scene.queue.append(second);
  await scene.platform.advance(0);
  scene.queue.replace((closed) => (closed === first ? cut : closed));
  await scene.end(1);
  await scene.end(0);
  expect(scene.sealed).toStrictEqual([]);
  await scene.end(0);
  expect(scene.sealed).toStrictEqual([1, 2]);
  expect(scene.contents.get(1)).toBe(textOf(cut.events.bytes));
  expect(scene.contents.get(2)).toBe(textOf(second.events.bytes));
});

test('one that was sealed on another thread goes on when the one before it is replaced and sealed here', async () => {
  const scene = new Scene();
  const [first, second] = [closedBatch(1, 'a', true), closedBatch(2, 'b', true)];
  scene.queue.append(first);
  scene.queue.append(second);
  await scene.platform.advance(0);
  await scene.end(1);
  scene.queue.replace((closed) => (closed === first ? closedBatch(1, 'cut', false) : closed));
  // What the first was before ends: nothing is left on another thread that could bring the queue on.
  await scene.end(0);
  expect(scene.sealed).toStrictEqual([1, 2]);
});

test('whatever happens meanwhile, each batch is handed on once, in its order, or is taken out', async () => {
  const random = seededRandom();
  for (let round = 0; round < 60; round++) {
    const scene = new Scene();
    const expected = new Map<number, string>();
    let ordinal = 0;
    for (let step = 0; step < 60; step++) {
      const kind = random.int(0, 19);
      if (kind === 0) {
        for (const taken of scene.queue.takeAll()) expected.delete(taken.ordinal);
      } else if (kind === 1) {
        scene.queue.sealAll();
      } else if (kind === 2) {
        scene.queue.replace((closed) => {
          if (random.chance(0.5)) return closed;
          const cut = closedBatch(closed.ordinal, `cut ${step}`, random.chance(0.5));
          expected.set(cut.ordinal, textOf(cut.events.bytes));
          return cut;
        });
      } else if (kind < 10) {
        const closed = closedBatch(++ordinal, 'a', random.chance(0.8));
        expected.set(ordinal, textOf(closed.events.bytes));
        scene.queue.append(closed);
      } else if (kind < 15 && scene.running.length > 0) {
        await scene.end(random.int(0, scene.running.length - 1));
      } else {
        await scene.platform.advance(0);
      }
    }
    await scene.endAll(random);
    expect(scene.sealed, `seed ${random.seed}, round ${round}`).toStrictEqual([...expected.keys()]);
    expect(scene.contents).toStrictEqual(expected);
    expect(scene.runningMax).toBeLessThanOrEqual(sealsAtOnce);
  }
});
