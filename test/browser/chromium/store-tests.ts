import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { storePollMs } from '../../../client/src/limits.ts';
import '../support/page-globals.ts';
import { eventually } from '../../support/eventually.ts';
import { filesOf } from '../support/page-store.ts';
import type { Site } from '../support/site.ts';

/** Creates a client with a store in a page, as `telemetry`. */
async function start(site: Site, page: Page, product: string, options: object = {}): Promise<void> {
  await page.evaluate(
    ([name, endpoint, others]) => {
      globalThis.telemetry = client.createTelemetry({
        product: { name, version: '1.0.0' },
        endpoint,
        store: client.indexedDbStore(),
        // What is logged leaves by a flush, or with the page.
        flushIntervalMs: 3_600_000,
        ...others,
      });
      globalThis.errors = [];
      telemetry.on('error', ({ message }) => errors.push(message));
    },
    [product, site.endpoint, options] as const,
  );
}

async function log(page: Page, prefix: string, count: number): Promise<void> {
  await page.evaluate(
    ([name, events]) => {
      for (let index = 0; index < events; index++) telemetry.log({ name: `${name}-${index}` });
    },
    [prefix, count] as const,
  );
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`).sort();
}

/** Timers of that length never end in a page: what it does in spite of that, it does not do because it looks now and then. */
async function withoutTimersOf(page: Page, omittedMs: number): Promise<void> {
  await page.evaluate((omitted) => {
    const { setTimeout: set } = globalThis;
    const some = (callback: () => void, delayMs: number): unknown => (delayMs === omitted ? 0 : set(callback, delayMs));
    Object.assign(globalThis, { setTimeout: some });
  }, omittedMs);
}

/** Pages of a context, and which of them sends: filled in as they do. */
async function openTabs(
  site: Site,
  context: BrowserContext,
  product: string,
  count: number,
): Promise<[Page[], Set<Page>]> {
  const senders = new Set<Page>();
  const pages: Page[] = [];
  for (let index = 0; index < count; index++) {
    const page = await site.visit(context);
    page.on('request', (request) => {
      if (request.url().endsWith('/Publish') && request.method() === 'POST') senders.add(page);
    });
    await start(site, page, product);
    pages.push(page);
  }
  return [pages, senders];
}

/** The id that the browser keeps for a product; null: none. */
function keptInstallId(page: Page, product: string): Promise<string | null> {
  return page.evaluate((name) => {
    const { localStorage } = globalThis as unknown as { localStorage: { getItem(name: string): string | null } };
    return localStorage.getItem(name);
  }, `telemetry-${product}.install-id`);
}

/** The store of a product has no file left. */
async function expectEmpty(page: Page, product: string): Promise<void> {
  let files: string[] = [];
  await eventually(
    async () => {
      files = await filesOf(page, product);
      return files.length === 0 ? true : undefined;
    },
    20_000,
    () => `left: ${files.join(' ')}`,
  );
}

/** What a page logs that keeps its events in the browser's database. */
export function describeStores(site: Site): void {
  describe('a page with a store', () => {
    test('what is logged is stored once, and the store is empty then', async () => {
      const page = await site.visit();
      await start(site, page, 'store-log');
      await log(page, 'e', 2_500);
      expect(await page.evaluate(() => telemetry.flush())).toMatchObject({
        complete: true,
        acknowledged: 2_500,
        pending: 0,
      });
      expect((await site.storedWhen('store-log', 2_500)).sort()).toStrictEqual(names('e', 2_500));
      await expectEmpty(page, 'store-log');
    });

    test('what was logged without a network outlives its page', async () => {
      const context = await site.newContext();
      const page = await site.visit(context);
      await start(site, page, 'store-offline');
      await context.setOffline(true);
      await log(page, 'e', 40);
      expect(await page.evaluate(() => telemetry.flush({ timeoutMs: 300 }))).toMatchObject({
        complete: false,
        pending: 40,
      });
      expect(await filesOf(page, 'store-offline')).toHaveLength(1);
      await page.close();
      await context.setOffline(false);
      const next = await site.visit(context);
      await start(site, next, 'store-offline');
      expect((await site.storedWhen('store-offline', 40)).sort()).toStrictEqual(names('e', 40));
      await expectEmpty(next, 'store-offline');
    });

    test('what was logged without a network is sent as soon as there is one', async () => {
      const context = await site.newContext();
      const page = await site.visit(context);
      const hourMs = 3_600_000;
      await start(site, page, 'store-online', { retry: { initialBackoffMs: hourMs, maxBackoffMs: hourMs } });
      await context.setOffline(true);
      await log(page, 'e', 3);
      await page.evaluate(() => telemetry.flush({ timeoutMs: 300 }));
      await expect.poll(() => page.evaluate(() => errors.length)).toBeGreaterThan(0);
      await context.setOffline(false);
      expect((await site.storedWhen('store-online', 3)).sort()).toStrictEqual(names('e', 3));
      await expectEmpty(page, 'store-online');
    });

    test('a page that is left sends what it has logged, and what it sent so counts once', async () => {
      const context = await site.newContext();
      const page = await site.visit(context);
      await start(site, page, 'store-left');
      await log(page, 'first', 2);
      await page.evaluate(() => telemetry.flush());
      await log(page, 'last', 3);
      await page.goto(`${site.origin}/elsewhere`);
      // No client is there any more that could send.
      const expected = [...names('first', 2), ...names('last', 3)];
      expect((await site.storedWhen('store-left', 5)).sort()).toStrictEqual(expected);
      const [file] = await filesOf(page, 'store-left');
      expect(file).toMatch(/^shelf\/channels\/main\/.*\.sent$/);
      await page.goto(site.pageUrl);
      await start(site, page, 'store-left');
      await expectEmpty(page, 'store-left');
      expect((await site.stored('store-left')).sort()).toStrictEqual(expected);
    });

    test('a page that was left and comes back goes on, and all that it logs counts once', async () => {
      const page = await site.visit();
      await withoutTimersOf(page, storePollMs);
      await start(site, page, 'store-back');
      await log(page, 'before', 3);
      await page.evaluate(() => telemetry.flush());
      await log(page, 'during', 3);
      await page.evaluate(() => globalThis.dispatchEvent(new Event('pagehide')));
      await log(page, 'after', 3);
      const result = await page.evaluate(() => telemetry.flush());
      expect(result).toMatchObject({ complete: true, acknowledged: 9, pending: 0, dropped: 0 });
      const expected = ['after', 'before', 'during'].flatMap((prefix) => names(prefix, 3));
      expect((await site.storedWhen('store-back', 9)).sort()).toStrictEqual(expected);
      await expectEmpty(page, 'store-back');
    });

    test('a reload while answers are on their way sends again, and each event counts once', async () => {
      const context = await site.newContext();
      const page = await site.visit(context);
      await start(site, page, 'store-reload');
      const taken = Promise.withResolvers<void>();
      // The collector has the batch, and the page never hears of it.
      await context.route('**/Publish', async (route) => {
        await route.fetch();
        taken.resolve();
      });
      await log(page, 'e', 50);
      void page.evaluate(() => telemetry.flush()).catch(() => {});
      await taken.promise;
      await context.unroute('**/Publish');
      await page.reload();
      await page.waitForFunction(() => 'client' in globalThis);
      await start(site, page, 'store-reload');
      await expectEmpty(page, 'store-reload');
      expect((await site.storedWhen('store-reload', 50)).sort()).toStrictEqual(names('e', 50));
    });

    test.each([2, 5])('of %i tabs one sends for all; another takes over when it crashes', async (count) => {
      const product = `store-tabs-${count}`;
      const context = await site.newContext();
      const [pages, senders] = await openTabs(site, context, product, count);
      await Promise.all(pages.map((page, index) => log(page, `tab${index}`, 100)));
      const results = await Promise.all(
        pages.map((page) => page.evaluate(() => telemetry.flush({ timeoutMs: 20_000 }))),
      );
      for (const result of results) expect(result).toMatchObject({ complete: true, acknowledged: 100, pending: 0 });
      expect(senders.size).toBe(1);

      const [sender] = senders;
      const others = pages.filter((page) => page !== sender);
      const crashed = new Promise((resolve) => sender?.once('crash', resolve));
      void sender?.goto('chrome://crash').catch(() => {});
      await crashed;
      await Promise.all(others.map((page, index) => log(page, `later${index}`, 10)));
      const later = await Promise.all(
        others.map((page) => page.evaluate(() => telemetry.flush({ timeoutMs: 20_000 }))),
      );
      for (const result of later) expect(result).toMatchObject({ complete: true, acknowledged: 110, pending: 0 });
      expect(senders.size).toBe(2);

      const expected = [
        ...pages.flatMap((_, index) => names(`tab${index}`, 100)),
        ...others.flatMap((_, index) => names(`later${index}`, 10)),
      ];
      expect((await site.storedWhen(product, expected.length)).sort()).toStrictEqual(expected.sort());
      await expectEmpty(others[0] as Page, product);
    });

    test('without consent nothing of what was logged is left, in any tab, and nothing is sent', async () => {
      const context = await site.newContext();
      const [pages, senders] = await openTabs(site, context, 'store-denied', 2);
      const [first, second] = pages as [Page, Page];
      await context.setOffline(true);
      await Promise.all(pages.map((page) => log(page, 'secret', 5)));
      for (const page of pages) await page.evaluate(() => telemetry.flush({ timeoutMs: 300 }));
      expect((await filesOf(first, 'store-denied')).filter((path) => path.startsWith('channels/'))).toHaveLength(2);
      await log(second, 'waiting', 5);
      const denied = await first.evaluate(() => telemetry.setConsent('denied'));
      expect(denied).toStrictEqual({ consent: 'denied', droppedEvents: 5, problem: undefined });
      await context.setOffline(false);
      senders.clear();
      await log(second, 'after', 5);
      for (const page of pages) await page.evaluate(() => telemetry.flush({ timeoutMs: 300 }));
      for (const page of pages) await page.goto(`${site.origin}/elsewhere`);
      expect(await filesOf(first, 'store-denied')).toStrictEqual([]);
      expect(senders.size).toBe(0);
      // A page that comes later was told nothing itself.
      await first.goto(site.pageUrl);
      await start(site, first, 'store-denied');
      await eventually(() => first.evaluate(() => telemetry.stats().consent === 'denied' || undefined), 20_000);
      await log(first, 'later', 5);
      await first.evaluate(() => telemetry.flush({ timeoutMs: 300 }));
      expect(await filesOf(first, 'store-denied')).toStrictEqual([]);
      expect(await site.stored('store-denied')).toStrictEqual([]);
    });

    test('a browser is one machine over all its visits, and another one after the visitor has said no', async () => {
      const context = await site.newContext();
      const visitAndLog = async (name: string): Promise<Page> => {
        const page = await site.visit(context);
        await start(site, page, 'store-machine');
        await log(page, name, 1);
        expect(await page.evaluate(() => telemetry.flush())).toMatchObject({ complete: true, acknowledged: 1 });
        return page;
      };
      await visitAndLog('first');
      const page = await visitAndLog('second');
      expect(await keptInstallId(page, 'store-machine')).toMatch(/^[0-9a-f]{32}$/);
      await page.evaluate(() => telemetry.setConsent('denied'));
      expect(await keptInstallId(page, 'store-machine')).toBeNull();
      // A page that comes while the consent is denied keeps nothing either.
      const denied = await site.visit(context);
      await start(site, denied, 'store-machine');
      await eventually(() => denied.evaluate(() => telemetry.stats().consent === 'denied' || undefined), 20_000);
      await log(denied, 'denied', 1);
      await denied.evaluate(() => telemetry.flush({ timeoutMs: 300 }));
      expect(await keptInstallId(denied, 'store-machine')).toBeNull();
      await denied.evaluate(() => telemetry.setConsent('granted'));
      await visitAndLog('third');
      // A page that begins without consent, and so without an id, has what the others have kept forgotten.
      expect(await keptInstallId(denied, 'store-machine')).not.toBeNull();
      const last = await site.visit(context);
      await last.evaluate(
        ([endpoint]) => {
          client.createTelemetry({
            product: 'store-machine',
            endpoint,
            store: client.indexedDbStore(),
            consent: 'denied',
          });
        },
        [site.endpoint] as const,
      );
      await eventually(
        async () => ((await keptInstallId(last, 'store-machine')) === null ? true : undefined),
        20_000,
        () => 'the id is still kept',
      );
      const rows = await site.storedWhen('store-machine', 3, "concat(name, ' ', machine_id)");
      const machineOf = new Map(rows.map((row) => row.split(' ') as [string, string]));
      expect(machineOf.get('first-0')).toMatch(/^[0-9a-f]{32}$/);
      expect(machineOf.get('second-0')).toBe(machineOf.get('first-0'));
      expect(machineOf.get('third-0')).not.toBe(machineOf.get('first-0'));
    });

    test('a page without a database keeps its events in memory, says so, and sends them', async () => {
      const context = await site.newContext();
      await context.addInitScript(() => {
        Object.defineProperty(globalThis, 'indexedDB', {
          get: () => {
            throw new Error('not in this window');
          },
        });
      });
      const page = await site.visit(context);
      await start(site, page, 'store-none');
      await log(page, 'e', 3);
      expect(await page.evaluate(() => telemetry.flush())).toMatchObject({ complete: true, acknowledged: 3 });
      expect(await page.evaluate(() => errors)).toStrictEqual([expect.stringMatching(/not in this window/)]);
      expect(await site.storedWhen('store-none', 3)).toHaveLength(3);
    });
  });
}
