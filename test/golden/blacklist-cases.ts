import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { Audience, type BlacklistEntry, type BlacklistEntrySchema, BlacklistSchema } from '@telemetry/gen';
import { canonicalCase, type GoldenCase } from './golden-case.ts';

const createTime = { seconds: 1_760_000_000n };
const expireTime = { seconds: 1_790_000_000n, nanos: 1_000_000 };

/** One entry for each condition alone, then all of them together. */
const entries: Exclude<MessageInitShape<typeof BlacklistEntrySchema>, BlacklistEntry>[] = [
  { match: { case: 'eventName', value: 'page.scrolled' } },
  { match: { case: 'eventNamePrefix', value: 'debug.' } },
  { match: { case: 'eventName', value: 'app.started' }, product: 'editor' },
  { match: { case: 'eventName', value: 'file.opened' }, versionMin: '4.0.0' },
  { match: { case: 'eventName', value: 'file.saved' }, versionBelow: '4.12.0-rc.1' },
  { match: { case: 'eventName', value: 'file.closed' }, versionMin: '4.0.0', versionBelow: '5.0.0' },
  { match: { case: 'eventName', value: 'user.looked_up' }, audience: Audience.EXTERNAL },
  { match: { case: 'eventName', value: 'test.run' }, audience: Audience.INTERNAL },
  { match: { case: 'eventName', value: 'cache.missed' }, expireTime },
  {
    match: { case: 'eventNamePrefix', value: 'render.' },
    product: 'editor',
    versionMin: '4.0.0',
    versionBelow: '5.0.0',
    audience: Audience.EXTERNAL,
    expireTime,
  },
];

/** A list with every kind of entry, and the list that was never changed. */
export function blacklistCases(): GoldenCase[] {
  const full = create(BlacklistSchema, {
    apiVersion: 1,
    version: 12n,
    entries: entries.map((entry, index) => ({
      ...entry,
      id: `entry-${index + 1}`,
      reason: 'too many, and nobody asks about them',
      createTime,
      createdBy: 'operator@example.com',
    })),
  });
  return [
    canonicalCase('blacklist-every-entry', BlacklistSchema, full),
    canonicalCase('blacklist-never-changed', BlacklistSchema, create(BlacklistSchema, { apiVersion: 1 })),
  ];
}
