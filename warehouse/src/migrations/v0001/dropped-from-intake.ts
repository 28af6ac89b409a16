import { database } from '../database.ts';
import { safeProducerId, safeTime } from './safe-expressions.ts';

/** Flattens the declared drops of batches. */
export const createDroppedFromIntake = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.dropped_from_intake TO ${database}.dropped AS
SELECT
    ${safeProducerId('producer_id')} AS producer_id,
    first_seq, last_seq, reason::Int32 AS reason_code, blacklist_version,
    core.product.name AS product,
    ${safeTime('received_time_unix_us')} AS received_time,
    collector_id
FROM ${database}.intake
ARRAY JOIN
    dropped.first_seq AS first_seq, dropped.last_seq AS last_seq, dropped.reason AS reason,
    dropped.blacklist_version AS blacklist_version`;
