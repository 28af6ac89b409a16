import { expect, test } from 'vitest';
import { clientBundle, clientGzipBytesMax } from './support/client-bundle.ts';

test('the client takes less than 30 KiB of a browser, and brings no package with it', async () => {
  const { gzipBytes, sources } = await clientBundle();
  console.log(`${(gzipBytes / 1024).toFixed(1)} KiB gzipped`);
  expect(gzipBytes).toBeGreaterThan(1024);
  expect(gzipBytes).toBeLessThan(clientGzipBytesMax);
  const packages = sources.map(({ path }) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  expect([...new Set(packages.filter((name) => name !== undefined))]).toStrictEqual([]);
});
