import type { OpenScrubCounts } from './scrub-counts.ts';
import { scrubEmails } from './scrub-emails.ts';
import { scrubShares } from './scrub-shares.ts';
import { scrubUrls } from './scrub-urls.ts';
import { scrubUserFolders } from './scrub-user-folders.ts';

/** What all that is looked for has at least one of. One pass, in which the platform's own search takes many characters at a time. */
const sign = /[@/\\%]/;

/** Whether a text can hold anything that `scrubText` looks for: most do not, and this is all that they cost. */
export function mayIdentify(text: string): boolean {
  return sign.test(text);
}

/**
 * Replaces what looks like an e-mail address, the user of a URL, a share or a folder of a user: `<email>`, `<user>`, `<path>`. Counts what
 * it replaces. What was scrubbed before is left as it is. Each part reads the text once, whatever is in it.
 *
 * It finds what has the form of these, and nothing else: a name in the middle of a sentence stays.
 */
export function scrubText(text: string, counts: OpenScrubCounts): string {
  if (!mayIdentify(text)) {
    return text;
  }
  return scrubEmails(scrubUserFolders(scrubShares(scrubUrls(text, counts), counts), counts), counts);
}
