import { describe, expect, test } from 'vitest';
import '../support/page-globals.ts';
import type { Site } from '../support/site.ts';

/** What a page logs that keeps its events in memory. */
export function describePages(site: Site): void {
  /** Creates the client in a page, as `telemetry`. */
  function create(product: string, options: object = {}) {
    return [{ product: { name: product, version: '1.0.0' }, endpoint: site.endpoint, ...options }] as const;
  }

  describe('a page', () => {
    test('what a page logs is stored once, with what the browser says of itself', async () => {
      const page = await site.visit();
      const result = await page.evaluate(async ([options]) => {
        const made = client.createTelemetry(options);
        for (let index = 0; index < 1_500; index++) made.featureUsed('save', { properties: { index: String(index) } });
        return made.flush();
      }, create('web-log'));
      expect(result).toMatchObject({ complete: true, acknowledged: 1_500, pending: 0, dropped: 0 });
      const rows = await site.storedWhen('web-log', 1_500, "concat(os_name, ' ', machine_locale, ' ', name)");
      expect(new Set(rows)).toStrictEqual(new Set(['linux de-CH feature.used']));
    });

    test('what is logged without a network is stored when it comes back', async () => {
      const context = await site.newContext();
      const page = await site.visit(context);
      await context.setOffline(true);
      const offline = await page.evaluate(async ([options]) => {
        globalThis.telemetry = client.createTelemetry(options);
        telemetry.log({ name: 'offline' });
        return telemetry.flush({ timeoutMs: 300 });
      }, create('web-offline'));
      expect(offline).toMatchObject({ complete: false, acknowledged: 0, pending: 1 });
      await context.setOffline(false);
      const online = await page.evaluate(() => telemetry.flush());
      expect(online).toMatchObject({ complete: true, acknowledged: 1, pending: 0 });
      expect(await site.storedWhen('web-offline', 1)).toStrictEqual(['offline']);
    });

    test('a page tries at once when it has a network again, and does not wait out its backoff', async () => {
      const context = await site.newContext();
      const page = await site.visit(context);
      await context.setOffline(true);
      const hourMs = 3_600_000;
      const retry = { initialBackoffMs: hourMs, maxBackoffMs: hourMs };
      await page.evaluate(
        ([options]) => {
          // Half of the longest wait, each time.
          globalThis.telemetry = client.createTelemetry({ ...options, platform: { random: () => 0.5 } });
          globalThis.errors = [];
          telemetry.on('error', ({ message }) => errors.push(message));
          telemetry.log({ name: 'patient' });
        },
        create('web-online', { retry, flushIntervalMs: 10 }),
      );
      await expect.poll(() => page.evaluate(() => errors.length)).toBeGreaterThan(0);
      await context.setOffline(false);
      await expect.poll(() => page.evaluate(() => telemetry.stats().acknowledged), { timeout: 10_000 }).toBe(1);
      expect(await site.storedWhen('web-online', 1)).toStrictEqual(['patient']);
    });

    test('what is logged as the page is left is stored', async () => {
      const page = await site.visit();
      await page.evaluate(([options]) => {
        globalThis.telemetry = client.createTelemetry(options);
        addEventListener('pagehide', () => telemetry.log({ name: 'left' }), { capture: true });
      }, create('web-left'));
      await page.goto(`${site.origin}/elsewhere`);
      expect(await site.storedWhen('web-left', 1)).toStrictEqual(['left']);
    });

    test.each(['memory', 'database'])(
      'where requests end with their page, beacons take what it leaves: %s',
      async (place) => {
        const context = await site.newContext();
        const page = await site.visit(context);
        await page.evaluate(
          async ([options, store]) => {
            Reflect.deleteProperty(Request.prototype, 'keepalive');
            const stores = store === 'database' ? { store: client.indexedDbStore() } : {};
            globalThis.telemetry = client.createTelemetry({ ...options, ...stores });
            telemetry.log({ name: 'first' });
            await telemetry.flush();
            // As in Firefox before version 133: what a page fetches as it is left comes to nothing.
            globalThis.fetch = () => new Promise(() => {});
            telemetry.log({ name: 'left' });
          },
          [...create(`web-beacon-${place}`), place] as const,
        );
        await page.goto(`${site.origin}/elsewhere`);
        expect(await site.storedWhen(`web-beacon-${place}`, 2)).toStrictEqual(['first', 'left']);
      },
    );

    test('what is banned is not sent: the list comes from the web port', async () => {
      await site.ban('banned.event');
      const page = await site.visit();
      const result = await page.evaluate(async ([options]) => {
        globalThis.telemetry = client.createTelemetry(options);
        await new Promise((resolve) => telemetry.on('blacklist', resolve));
        telemetry.log({ name: 'banned.event' });
        telemetry.log({ name: 'other.event' });
        return telemetry.flush();
      }, create('web-banned'));
      expect(result).toMatchObject({ complete: true, acknowledged: 1, droppedByReason: { blacklisted: 1 } });
      expect(await site.storedWhen('web-banned', 1)).toStrictEqual(['other.event']);
    });
  });
}
