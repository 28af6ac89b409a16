/** One browser, one site and one system for all that is tested in Chromium: each takes seconds to start. */
import { describeExample } from './chromium/example-tests.ts';
import { describePages } from './chromium/memory-tests.ts';
import { describeStores } from './chromium/store-tests.ts';
import { startSite } from './support/site.ts';

const site = startSite();
describePages(site);
describeStores(site);
describeExample(site);
