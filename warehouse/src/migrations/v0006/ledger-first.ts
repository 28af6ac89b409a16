import { database } from '../database.ts';

/** The ledger is no longer filled from `intake`: the collector writes it, in an insert of its own before the load. */
export const dropLedgerView = `DROP VIEW IF EXISTS ${database}.batch_ledger_from_intake`;

/**
 * The ledger as the announcement of a load: who has a batch there has its load begun, and nobody else may load it.
 *
 * - `first_seq`, `last_seq`: bounds of all numbers that the batch settles, declared ones included; `ranges` are the runs between them, empty
 *   when it is one run.
 * - `event_count`: how many rows the batch has in `events`, once it is loaded.
 * - `dropped_count`: how many numbers it settles without one: declared as dropped, by the client or by the collector.
 * - `segment_id`: the token of the load. See `segment_load` for whether it is done.
 */
export const widenLedger = `
ALTER TABLE ${database}.batch_ledger
    ADD COLUMN IF NOT EXISTS dropped_count UInt64 AFTER event_count,
    ADD COLUMN IF NOT EXISTS ranges Array(Tuple(UInt64, UInt64)) AFTER dropped_count,
    ADD COLUMN IF NOT EXISTS segment_id LowCardinality(String) AFTER collector_id,
    DROP COLUMN IF EXISTS dropped_range_count`;
