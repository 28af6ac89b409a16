import { database } from '../database.ts';

/** The runs of numbers of a row of the ledger. */
const runs = 'if(empty(ranges), [(first_seq, last_seq)], ranges)';

/** Batches of the ledger that are in the filter. */
const batches = `(empty({product:String}) OR product = {product:String}) AND day BETWEEN {from:Date} AND {to:Date}`;

/** Whether the filter begins with the first day there can be: only then is a number before the first one that is seen known to be missing. */
const fromTheBeginning = `{from:Date} = toDate('1970-01-01')`;

/**
 * The books of each producer: `SELECT * FROM telemetry.producer_completeness(product = '', from = '1970-01-01', to = '2149-06-06')`. An empty
 * product means all of them; days are those of receiving, both included, and the bounds of the type Date mean no bound.
 *
 * `highest_seq`: the highest number that came. `stored`: events that are in `events`. `loading`: events that are on their way into it.
 * `rejected`: events that lie in a quarantine folder, see the table `rejected`. `declared_dropped`: numbers that the producer or a
 * collector declared as dropped. `missing`: numbers below the highest that are none of these: they are on the client still, or lost. With
 * a first day, numbers before the first of the range are not counted as missing.
 */
export const createProducerCompleteness = `
CREATE VIEW IF NOT EXISTS ${database}.producer_completeness AS
SELECT
    lower(hex(producer_id)) AS producer,
    any(ledger.product) AS product,
    max(last_seq) AS highest_seq,
    sumIf(event_count, is_loaded AND NOT is_rejected) AS stored,
    sumIf(event_count, NOT is_loaded AND NOT is_rejected) AS loading,
    sumIf(event_count, is_rejected) AS rejected,
    sum(dropped_count) AS declared_dropped,
    toInt64(highest_seq) - if(${fromTheBeginning}, 0, min(first_seq) - 1) - sum(event_count) - sum(dropped_count) AS missing,
    min(ledger.received_time) AS first_received,
    max(ledger.received_time) AS last_received
FROM
(
    SELECT *,
        (segment_id, producer_id, content_digest) IN (
            SELECT segment_id, producer_id, content_digest FROM ${database}.rejected WHERE in_ledger) AS is_rejected,
        segment_id = '' OR segment_id IN (SELECT segment_id FROM ${database}.segment_load) AS is_loaded
    FROM ${database}.batch_ledger
    WHERE ${batches}
) AS ledger
GROUP BY producer_id`;

/**
 * Numbers that are missing, one row a run: the holes that `producer_completeness` counts. Takes the same parameters. A hole is a provable loss once
 * the producer has nothing left to send.
 */
export const createProducerHole = `
CREATE VIEW IF NOT EXISTS ${database}.producer_hole AS
SELECT lower(hex(producer_id)) AS producer, product, before + 1 AS first_seq, run_first - 1 AS last_seq
FROM
(
    SELECT producer_id, product, run.1 AS run_first,
        max(run.2) OVER (PARTITION BY producer_id ORDER BY run.1, run.2 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM ${database}.batch_ledger
    ARRAY JOIN ${runs} AS run
    WHERE ${batches}
)
WHERE run_first > before + 1 AND (before > 0 OR ${fromTheBeginning})
ORDER BY producer, first_seq`;
