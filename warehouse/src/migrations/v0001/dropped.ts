import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';
import { enumNameAlias } from './enum-name-alias.ts';

/** Names of `DropReason`, by number. */
const dropReasons = [
  'unspecified',
  'blacklisted',
  'queue_full',
  'store_full',
  'opted_out',
  'oversize',
  'invalid',
  'time_out_of_range',
  'sampled',
  'rejected',
  'corrupted',
] as const;

/**
 * What producers declared to have dropped on purpose, one row a range of numbers. With it the books of a producer balance: highest
 * number = stored + declared dropped + still on the client.
 */
export const createDropped = `
CREATE TABLE IF NOT EXISTS ${database}.dropped
(
    producer_id FixedString(16),
    first_seq UInt64,
    last_seq UInt64,
    reason_code Int32,
    ${enumNameAlias('reason', dropReasons)},
    blacklist_version UInt64,
    product LowCardinality(String),
    received_time DateTime64(6, 'UTC'),
    collector_id LowCardinality(String)
)
${tableEngine('MergeTree')}
PARTITION BY toYYYYMM(received_time)
ORDER BY (producer_id, first_seq)
SETTINGS ${loadedTableSettings}`;
