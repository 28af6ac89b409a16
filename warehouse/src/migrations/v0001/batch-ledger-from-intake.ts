import { database } from '../database.ts';
import { safeProducerId, safeTime } from './safe-expressions.ts';

/**
 * Writes the ledger. Numbers rise within a batch, so the first and the last event hold the bounds; a batch of drops alone has 0 and 0.
 * `day` is that of receiving.
 */
export const createBatchLedgerFromIntake = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.batch_ledger_from_intake TO ${database}.batch_ledger AS
SELECT
    ${safeProducerId('producer_id')} AS producer_id,
    events.seq[1] AS first_seq,
    events.seq[-1] AS last_seq,
    length(events.seq)::UInt32 AS event_count,
    length(dropped.first_seq)::UInt32 AS dropped_range_count,
    content_digest,
    ${safeTime('received_time_unix_us')} AS received_time,
    collector_id,
    core.product.name AS product,
    toDate(received_time) AS day
FROM ${database}.intake`;
