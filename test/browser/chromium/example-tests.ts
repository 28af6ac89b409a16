import { describe, expect, test } from 'vitest';
import { readmeExamples } from '../../support/readme-examples.ts';
import type { Site } from '../support/site.ts';

const section = 'Log events from a web page';

/** The example of the README, in a real page. */
export function describeExample(site: Site): void {
  describe('the README', () => {
    test(section, async () => {
      const example = readmeExamples().find((each) => each.section === section && each.language === 'ts');
      expect(example?.code).toContain("endpoint: 'http://127.0.0.1:4480'");
      const code = example?.code.replace('http://127.0.0.1:4480', site.endpoint) ?? '';
      const url = await site.addPage('/example', code);
      const context = await site.newContext();
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', ({ message }) => faults.push(message));
      await page.goto(url);
      // Before it is known what the visitor has consented to, a page that is left keeps its events to itself.
      await expect.poll(() => page.evaluate(lockNames)).toContainEqual(expect.stringContaining('uploader'));
      await page.evaluate(() => void setTimeout(() => (undefined as unknown as { boom(): void }).boom(), 0));
      await expect.poll(() => faults.length).toBe(1);
      await page.goto(`${site.origin}/elsewhere`);
      expect(await site.storedWhen('shop', 2)).toStrictEqual(['feature.used', 'fault.occurred']);
    });
  });
}

/** Names of the locks that pages of the site hold. */
async function lockNames(): Promise<(string | undefined)[]> {
  const { held = [] } = await navigator.locks.query();
  return held.map(({ name }) => name);
}
