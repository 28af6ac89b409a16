import type { Platform } from '@telemetry/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { StoreBackend } from '../../../client/src/store/store-backend.ts';
import { eventually } from '../../support/eventually.ts';

/** A store of its own that several may open. */
export interface BackendFixture {
  /** A backend as another process, or another tab, has it: opened by the test. */
  join(platform: Platform): StoreBackend;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) =>
  content === undefined ? undefined : new TextDecoder().decode(content);
const producer = (digit: string) => digit.repeat(32);

/** What every backend of a store has to do. The folders are those that a store has for a channel "main" and another. */
export function describeBackend(name: string, makeFixture: () => Promise<BackendFixture> | BackendFixture): void {
  async function open(fixture: BackendFixture, digit: string, platform = systemTime): Promise<StoreBackend> {
    const backend = fixture.join(platform);
    await backend.open(producer(digit));
    onTestFinished(() => backend.close());
    return backend;
  }

  describe(`a store in ${name}`, () => {
    test('gives back what was written, to everybody', async () => {
      const fixture = await makeFixture();
      const first = await open(fixture, 'a');
      const second = await open(fixture, 'b');
      expect(await second.list('channels/main')).toStrictEqual([]);
      expect(await second.read('channels/main/x')).toBeUndefined();
      await first.write(bytes('one'), 'channels/main/x');
      await first.write(bytes('two'), 'channels/main/x');
      await first.put(bytes('three'), 'outcomes/y');
      expect(text(await second.read('channels/main/x'))).toBe('two');
      expect(text(await second.read('outcomes/y'))).toBe('three');
      expect(await second.list('channels/main')).toStrictEqual(['x']);
      expect(await second.list('outcomes')).toStrictEqual(['y']);
    });

    test('keeps what was written, whatever is done to the bytes afterwards', async () => {
      const backend = await open(await makeFixture(), 'a');
      const content = bytes('one');
      await backend.write(content, 'channels/main/x');
      content.fill(0);
      expect(text(await backend.read('channels/main/x'))).toBe('one');
    });

    test('writes to several places at once', async () => {
      const backend = await open(await makeFixture(), 'a');
      await backend.write(bytes('one'), 'channels/main/x', 'channels/other/x');
      await backend.remove('channels/main/x');
      expect(await backend.list('channels/main')).toStrictEqual([]);
      expect(text(await backend.read('channels/other/x'))).toBe('one');
      expect(await backend.list('tmp')).toStrictEqual([]);
    });

    test('keeps large files whole', async () => {
      const backend = await open(await makeFixture(), 'a');
      const large = Uint8Array.from({ length: 3 << 20 }, (_, index) => index % 251);
      await backend.write(large, 'channels/main/x');
      expect(Buffer.compare((await backend.read('channels/main/x')) ?? bytes(''), large)).toBe(0);
    });

    test('lets one of many win a rename, and the others know', async () => {
      const fixture = await makeFixture();
      const backends = await Promise.all(['a', 'b', 'c'].map((digit) => open(fixture, digit)));
      const [first] = backends;
      for (let round = 0; round < 20; round++) {
        await first?.write(bytes(`round ${round}`), 'channels/main/x.batch');
        const wins = await Promise.all(
          [...backends, ...backends].map((backend) => backend.rename('channels/main/x.batch', 'channels/main/x.sent')),
        );
        expect(wins.filter((won) => won)).toHaveLength(1);
        expect(text(await first?.read('channels/main/x.sent'))).toBe(`round ${round}`);
        await first?.sync('channels/main');
      }
      expect(await first?.list('channels/main')).toStrictEqual(['x.sent']);
    });

    test('renames in place of a file that is there, and over folders', async () => {
      const backend = await open(await makeFixture(), 'a');
      await backend.write(bytes('old'), 'quarantine/x');
      await backend.write(bytes('new'), 'channels/main/x');
      expect(await backend.rename('channels/main/x', 'quarantine/x')).toBe(true);
      expect(text(await backend.read('quarantine/x'))).toBe('new');
      expect(await backend.list('channels/main')).toStrictEqual([]);
    });

    test('lets one of many win a removal', async () => {
      const fixture = await makeFixture();
      const backends = await Promise.all(['a', 'b'].map((digit) => open(fixture, digit)));
      await backends[0]?.write(bytes('one'), 'channels/main/x');
      const wins = await Promise.all(backends.map((backend) => backend.remove('channels/main/x')));
      expect(wins.filter((won) => won)).toHaveLength(1);
    });

    test('gives a lock to one at a time, and to the next when it is released', async () => {
      const fixture = await makeFixture();
      const first = await open(fixture, 'a');
      const second = await open(fixture, 'b');
      const lock = await first.tryLock('uploader-main');
      expect(await lock?.beat()).toBe(true);
      expect(await second.tryLock('uploader-main')).toBeUndefined();
      expect(await first.tryLock('uploader-main')).toBeUndefined();
      const other = await second.tryLock('uploader-other');
      expect(await other?.beat()).toBe(true);
      await lock?.release();
      const next = await eventually(() => second.tryLock('uploader-main'), 5_000);
      expect(await next.beat()).toBe(true);
      await lock?.release();
      expect(await first.tryLock('uploader-main')).toBeUndefined();
      await next.release();
      await other?.release();
    });

    test('knows whose processes live', async () => {
      const fixture = await makeFixture();
      const first = await open(fixture, 'a');
      const second = await open(fixture, 'b');
      expect([...(await first.liveProducers())].sort()).toStrictEqual([producer('a'), producer('b')]);
      await second.close();
      await eventually(async () => ((await first.liveProducers()).size === 1 ? true : undefined), 5_000);
      expect([...(await first.liveProducers())]).toStrictEqual([producer('a')]);
    });

    test('tells those who watch a folder', async () => {
      const fixture = await makeFixture();
      const first = await open(fixture, 'a');
      const second = await open(fixture, 'b');
      let calls = 0;
      const end = first.watch(['outcomes'], () => {
        calls += 1;
      });
      await second.put(bytes('one'), 'outcomes/x');
      await eventually(() => (calls > 0 ? true : undefined), 5_000);
      end();
    });
  });
}

/** Real time; for locks that are silent give a platform whose clock a test moves. */
export const systemTime: Platform = {
  nowUnixUs: () => Date.now() * 1000,
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  randomBytes: (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
