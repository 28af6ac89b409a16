import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import '../support/page-globals.ts';
import { lockSilenceMs, storePollMs } from '../../../client/src/limits.ts';
import { eventually } from '../../support/eventually.ts';
import { backendModule } from '../support/page-backend.ts';
import { filesOf } from '../support/page-store.ts';
import type { Site } from '../support/site.ts';

const lockName = 'uploader-main';

/** A lock of a page by its handle there; undefined: another page has it. */
function tryLock(page: Page): Promise<string | undefined> {
  return page.evaluate((name) => remote.call('tryLock', name) as Promise<string | undefined>, lockName);
}

function beat(page: Page, lock: string | undefined): Promise<unknown> {
  return page.evaluate((id) => remote.call('beat', id), lock);
}

/** A page with a backend whose clock stands until it is moved. */
async function openBackend(context: BrowserContext, url: string, digit: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'remote' in globalThis);
  await page.evaluate((producer) => {
    globalThis.clockMs = 0;
    return remote.call('open', producer);
  }, digit.repeat(32));
  return page;
}

async function passTime(page: Page, durationMs: number): Promise<void> {
  await page.evaluate((passedMs) => {
    globalThis.clockMs = (globalThis.clockMs ?? 0) + passedMs;
  }, durationMs);
}

/** Counts the transactions of a page that are open. */
const countTransactions = `
  globalThis.openTransactions = 0;
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...given) {
    const transaction = begin.apply(this, given);
    globalThis.openTransactions += 1;
    for (const end of ['complete', 'abort']) transaction.addEventListener(end, () => { globalThis.openTransactions -= 1; });
    return transaction;
  };
`;

/**
 * Puts a page aside as a browser does with one that nobody looks at: none of its code runs, and its locks stay. By the debugger, since Chromium
 * freezes no page that is visible, and without a window each is. Not in the middle of a transaction, for which all others would have to wait: a
 * page that it has frozen so a browser throws away.
 *
 * @returns takes it back.
 */
async function putAside(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const paused = new Promise<void>((resolve) => session.once('Debugger.paused', () => resolve()));
  await session.send('Debugger.enable');
  const expression = `(async () => {
    while (openTransactions > 0) await new Promise((resolve) => setTimeout(resolve));
    debugger;
  })()`;
  // Has no answer before the page is taken back.
  void session.send('Runtime.evaluate', { expression }).catch(() => {});
  await paused;
  return () => session.detach();
}

/** Creates a client with a store in a page, as `telemetry`, whose time passes so many times as fast. */
async function startFast(site: Site, page: Page, product: string): Promise<void> {
  await page.evaluate(
    ([name, endpoint]) => {
      const speed = 20;
      globalThis.telemetry = client.createTelemetry({
        product: { name, version: '1.0.0' },
        endpoint,
        store: client.indexedDbStore(),
        flushIntervalMs: 1_000,
        platform: {
          monotonicMs: () => performance.now() * speed,
          setTimer: (callback, delayMs) => {
            const timer = setTimeout(callback, delayMs / speed);
            return { cancel: () => clearTimeout(timer) };
          },
        },
      });
    },
    [product, site.endpoint] as const,
  );
}

/** Locks of pages that were put aside. */
export function describeLocks(site: Site): void {
  describe('a lock whose page shows no sign of life', () => {
    test('is stolen after that long, and not before; its page hears of it, and takes nothing back', async () => {
      const url = await site.addPage('/lock', backendModule);
      const context = await site.newContext();
      const first = await openBackend(context, url, 'a');
      const second = await openBackend(context, url, 'b');
      const held = await tryLock(first);
      expect(await beat(first, held)).toBe(true);
      expect(await tryLock(second)).toBeUndefined();
      for (let silentMs = storePollMs; silentMs < lockSilenceMs; silentMs += storePollMs) {
        await passTime(second, storePollMs);
        expect(await tryLock(second), `after ${silentMs} ms`).toBeUndefined();
      }
      await passTime(second, storePollMs - 1);
      expect(await tryLock(second)).toBeUndefined();
      await passTime(second, 1);
      const stolen = await tryLock(second);
      expect(await beat(second, stolen)).toBe(true);
      expect(await beat(first, held)).toBe(false);
      await release(first, held);
      expect(await tryLock(first)).toBeUndefined();
      expect(await beat(second, stolen)).toBe(true);
      await context.close();
    });

    test('is not stolen when it showed one, or when the other was not there to see one', async () => {
      const url = await site.addPage('/lock', backendModule);
      const context = await site.newContext();
      const first = await openBackend(context, url, 'a');
      const second = await openBackend(context, url, 'b');
      const held = await tryLock(first);
      for (let silentMs = 0; silentMs < 2 * lockSilenceMs; silentMs += storePollMs) {
        await passTime(second, storePollMs);
        if (silentMs % (lockSilenceMs / 2) === 0) expect(await beat(first, held)).toBe(true);
        expect(await tryLock(second)).toBeUndefined();
      }
      // Both stood still, as when the machine sleeps.
      await passTime(second, 10 * lockSilenceMs);
      expect(await tryLock(second)).toBeUndefined();
      expect(await beat(first, held)).toBe(true);
      await context.close();
    });

    test('goes to another page, which sends for all; the page does no harm when it is taken back', async () => {
      const product = 'store-aside';
      const context = await site.newContext();
      await context.addInitScript(countTransactions);
      const pages = [await site.visit(context), await site.visit(context)] as const;
      const [aside, other] = pages;
      const senders: Page[] = [];
      for (const page of pages) {
        page.on('request', (request) => {
          if (request.url().endsWith('/Publish')) senders.push(page);
        });
      }
      await startFast(site, aside, product);
      await aside.evaluate(() => {
        telemetry.log({ name: 'first' });
        return telemetry.flush();
      });
      await startFast(site, other, product);
      // It is put aside with a batch on its way, which the collector has, and with another behind it.
      const reached = Promise.withResolvers<void>();
      await context.route('**/Publish', async (route) => {
        await route.fetch();
        reached.resolve();
      });
      await aside.evaluate(() => telemetry.log({ name: 'on-its-way' }));
      await reached.promise;
      await aside.evaluate(() => telemetry.log({ name: 'behind' }));
      await eventually(async () => ((await filesOf(other, product)).length === 2 ? true : undefined), 20_000);
      const takeBack = await putAside(aside);
      await context.unroute('**/Publish');
      senders.length = 0;
      await other.evaluate(() => telemetry.log({ name: 'of-another' }));
      const stored = ['behind', 'first', 'of-another', 'on-its-way'];
      expect((await site.storedWhen(product, 4)).sort()).toStrictEqual(stored);
      expect(new Set(senders)).toStrictEqual(new Set([other]));

      await takeBack();
      await aside.evaluate(() => telemetry.log({ name: 'taken-back' }));
      const result = await aside.evaluate(() => telemetry.flush({ timeoutMs: 400_000 }));
      expect(result).toMatchObject({ complete: true, acknowledged: 4, pending: 0, dropped: 0 });
      expect((await site.storedWhen(product, 5)).sort()).toStrictEqual([...stored, 'taken-back']);
      await eventually(async () => ((await filesOf(other, product)).length === 0 ? true : undefined), 20_000);
    });
  });
}

function release(page: Page, lock: string | undefined): Promise<unknown> {
  return page.evaluate((id) => remote.call('release', id), lock);
}
