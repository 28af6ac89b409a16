import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Served, serve } from '../../support/telemetry-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { launchChromium } from './chromium.ts';
import { type PageServer, servePages } from './page-server.ts';

/** The whole system with a site in front of it, once for the tests of a file. */
export interface Site {
  readonly origin: string;
  /** Address of the collector's web port. */
  readonly endpoint: string;
  /** Address of the page that has the client in `globalThis`. */
  readonly pageUrl: string;
  /** Adds a page with a script of its own; see `PageServer`. */
  addPage(path: string, module: string): Promise<string>;
  /** The page in a profile of its own, as a visitor sees it who was never there. */
  visit(context?: BrowserContext): Promise<Page>;
  newContext(): Promise<BrowserContext>;
  /** Bans events of a name. */
  ban(eventName: string): Promise<void>;
  /** Stored events of a product, as `name` or by another expression, in the order of producer and number. */
  stored(product: string, expression?: string): Promise<string[]>;
  /** The same, when there are so many: fails when there are more, or not so many in time. */
  storedWhen(product: string, count: number, expression?: string): Promise<string[]>;
}

/** The page has the client in `globalThis`. */
const pageModule = `
  import * as client from '@telemetry/client';
  import * as store from '@telemetry/client/browser-store';
  Object.assign(globalThis, { client: { ...client, ...store } });
`;

/** Starts Chromium, the site and the system for the tests of this file. */
export function startSite(): Site {
  const closing: (() => unknown)[] = [];
  let server: PageServer;
  let served: Served;
  let browser: Awaited<ReturnType<typeof launchChromium>>;

  beforeAll(async () => {
    const folder = temporaryFolder((remove) => closing.push(remove));
    server = await servePages();
    closing.push(() => server.close());
    await server.add('/page', pageModule);
    served = await serve(folder, ['--web-allow-origin', server.origin], (stop) => closing.push(stop));
    browser = await launchChromium();
    closing.push(() => browser.close());
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  const sql = async (query: string): Promise<string> =>
    (await (await fetch(served.sqlUrl, { method: 'POST', body: query })).text()).trim();
  const stored = async (product: string, expression = 'name'): Promise<string[]> => {
    const rows = await sql(
      `SELECT ${expression} FROM telemetry.events WHERE product = '${product}' ORDER BY producer_id, seq FORMAT TabSeparated`,
    );
    return rows === '' ? [] : rows.split('\n');
  };
  return {
    get origin() {
      return server.origin;
    },
    get endpoint() {
      return `http://${served.webAddress}`;
    },
    get pageUrl() {
      return `${server.origin}/page`;
    },
    async addPage(path, module) {
      await server.add(path, module);
      return server.origin + path;
    },
    async visit(context) {
      const page = await (context ?? (await this.newContext())).newPage();
      await page.goto(this.pageUrl);
      await page.waitForFunction(() => 'client' in globalThis);
      return page;
    },
    async newContext() {
      return browser.newContext({ locale: 'de-CH' });
    },
    async ban(eventName) {
      const change = { add: [{ eventName }], reason: 'a test', changedBy: 'a test' };
      const answer = await fetch(`http://${served.webAddress}/telemetry.v1.BlacklistService/ChangeBlacklist`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(change),
      });
      expect(answer.status).toBe(200);
    },
    stored,
    async storedWhen(product, count, expression) {
      let rows: string[] = [];
      await eventually(
        async () => {
          rows = await stored(product, expression);
          return rows.length >= count ? true : undefined;
        },
        30_000,
        () => `${rows.length} of ${count} events of ${product} are stored`,
      );
      expect(rows).toHaveLength(count);
      return rows;
    },
  };
}
