/** One browser, one site and one system for all that is tested in Chromium: each takes seconds to start. */
import { describeBackend } from '../client-store/support/backend-contract.ts';
import { describeExample } from './chromium/example-tests.ts';
import { describeLocks } from './chromium/lock-tests.ts';
import { describePages } from './chromium/memory-tests.ts';
import { describeStores } from './chromium/store-tests.ts';
import { backendModule, PageBackend } from './support/page-backend.ts';
import { startSite } from './support/site.ts';

const site = startSite();
describePages(site);
describeStores(site);
describeLocks(site);
describeExample(site);
describeBackend('the database of a browser', () => {
  const context = site.newContext();
  const url = site.addPage('/backend', backendModule);
  return { join: () => new PageBackend(context, url) };
});
