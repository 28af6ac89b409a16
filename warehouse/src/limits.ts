/** Every size, count and time limit of the warehouse process, each with what it was derived from. */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/**
 * Share of the machine's (or the container's) memory that the engine may use unless `memoryLimitBytes` says otherwise.
 * Half: the collector, its spool's page cache and the operating system share the machine.
 */
export const SERVER_MEMORY_SHARE = 0.5;

/** The engine cannot merge and insert in less: one 10 MB segment unpacks to about 100 MB, and the library itself takes 250 MB. */
export const SERVER_MEMORY_BYTES_MIN = GIB;

/** One query may take this share of the engine's memory, so that a single greedy one cannot starve loading. */
export const QUERY_MEMORY_SHARE = 0.6;

/** Longest run of any statement. A query asks for less with `max_execution_time`; it cannot ask for more. */
export const QUERY_TIME_LIMIT_MS = 300_000;

/** The engine checks its time limit between blocks only; past this much more we kill the query ourselves. */
export const QUERY_TIME_GRACE_MS = 5_000;

/** A killed query ends within about 20 ms (measured); between two attempts to kill it we leave this much. */
export const KILL_RETRY_MS = 100;

/** libuv's pool size unless `UV_THREADPOOL_SIZE` says otherwise. */
export const THREAD_POOL_SIZE_DEFAULT = 4;

/**
 * Threads of libuv's pool never given to queries: file writes (insert bodies), gzip of responses, and the control
 * connection that kills queries need some, or a full house could not be cleared.
 */
export const THREAD_POOL_RESERVE = 2;

/** Below this, one analyst's query at a time is all that runs beside the loader: worth a warning at start. */
export const THREAD_POOL_SIZE_RECOMMENDED = 16;

/** Concurrent inserts: more only make smaller parts and more merges on the machines this embedded form is for. */
export const INSERT_SLOTS_MAX = 4;

/** Concurrent queries: the engine gives each as many threads as there are cores, so more would only share memory. */
export const QUERY_SLOTS_MAX = 10;

/** Requests waiting in a lane. Beyond it the answer is 503 at once: waiting longer helps nobody. */
export const LANE_QUEUE_MAX = 64;

/** Longest wait in a lane before the answer is 503. Under the 30 s after which `@clickhouse/client` gives up. */
export const LANE_WAIT_LIMIT_MS = 20_000;

/** What a refused client is told to wait. */
export const RETRY_AFTER_SECONDS = 1;

/**
 * Response bytes held back before the headers go out, so that an error in the first part of a result still gets its
 * own HTTP status. The same as ClickHouse's `http_response_buffer_size`.
 */
export const RESPONSE_HOLD_BYTES = MIB;

/** The same with `wait_end_of_query=1`. A larger result is streamed after all. */
export const RESPONSE_HOLD_BYTES_WHOLE = 32 * MIB;

/** Result bytes of a statement whose result is made in memory (SHOW, DESCRIBE, EXPLAIN ...). SELECTs are streamed. */
export const BUFFERED_RESULT_BYTES_MAX = 64 * MIB;

/** A client that takes no byte of its result for this long has gone; its query is killed. */
export const CLIENT_STALL_LIMIT_MS = 60_000;

/** Statement text in a request body, and fields of a form. ClickHouse's own `max_query_size` (256 KiB) binds first. */
export const QUERY_TEXT_BYTES_MAX = 16 * MIB;

/** How much of a body is looked at to find where the statement ends and the data of an INSERT begins. */
export const INSERT_HEAD_BYTES_MAX = MIB;

/** An INSERT's body as sent (packed). A hundred times a loader's segment; the disk is what it protects. */
export const INSERT_BODY_BYTES_MAX = GIB;

/** ClickHouse's `http_max_uri_size`: a protobuf schema and the statement travel in the address. */
export const HTTP_HEADER_BYTES_MAX = MIB;

/** Idle connections are kept longer than `@clickhouse/client` keeps its own (2.5 s), so that it never meets a closed one. */
export const KEEP_ALIVE_MS = 10_000;

/** `close` waits this long for running queries, then kills them and waits once more as long as a kill can take. */
export const CLOSE_DRAIN_LIMIT_MS = 10_000;
export const CLOSE_KILL_LIMIT_MS = 5_000;

/** gzip level of responses; ClickHouse's own `http_zlib_compression_level`. */
export const RESPONSE_GZIP_LEVEL = 3;

/** Keys in the file, the revoked ones too. 10,000 are read and searched in some 30 ms. */
export const ACCESS_KEYS_MAX = 10_000;

/** Size of the file of keys: 10,000 of 400 bytes, and as much again for long names and lists of products. */
export const ACCESS_KEYS_FILE_BYTES_MAX = 8 * MIB;

/** A change of the keys takes milliseconds; one that waits longer for another is told so. */
export const ACCESS_KEYS_LOCK_TIMEOUT_MS = 5_000;

/** Time between two looks at the files of keys and certificates: a change is in force within two seconds. */
export const ACCESS_POLL_MS = 1_000;
/** One query of an audit may take so much memory; it sorts and groups on disk past a quarter of it. Beside it loads and analysts run. */
export const AUDIT_QUERY_MEMORY_BYTES_MAX = GIB;
export const AUDIT_QUERY_SPILL_BYTES = AUDIT_QUERY_MEMORY_BYTES_MAX / 4;

/** Rows of a day that are grouped by producer at once: at 100 bytes a group, a day of new producers only, about the memory above. */
export const AUDIT_BUCKET_ROWS = 10_000_000;

/** Producers of one bucket whose books are opened in one pass; a repair makes several passes. */
export const AUDIT_SUSPECTS_MAX = 20_000;

/** Producers whose books are read at once: 35 bytes each in a statement of at most 256 KiB. */
export const AUDIT_BOOKS_AT_ONCE = 500;

/** Differences that are told one by one; those beyond are counted. */
export const AUDIT_FINDINGS_TOLD_MAX = 1_000;

/** Looks at producers that do not balance before their books are opened: what loads have just brought balances the next time. */
export const AUDIT_SUSPECT_ROUNDS = 3;

/** Time between two such looks: a load takes a second. */
export const AUDIT_ROUND_PAUSE_MS = 1_000;

/** Looks at rollups for a moment without loads, before the audit holds up the loads for one. */
export const AUDIT_STILL_TRIES = 5;

/** A load that is announced for longer than this and not done is a difference: counted from receiving, 7 times the longest load. */
export const AUDIT_PENDING_AGE_MS_MAX = 900_000;

/** An old load that is announced is looked at again for so long: it may be running now, and a load takes a second. */
export const AUDIT_PENDING_SETTLE_MS = 10_000;

/** Days of receiving in which a load that runs now is looked for: batches wait in a spool while the warehouse is away. */
export const AUDIT_PENDING_DAYS = 14;

/** Days by which an event may seem to be ahead of its receiving: a clock may be a day ahead, and the day of a time zone. */
export const AUDIT_CLOCK_AHEAD_DAYS = 2;

/** Longest life of a repair's lease without a sign of its holder; it is renewed three times as often. */
export const REPAIR_LEASE_MS = 30_000;

/** How old a collector's knowledge of the lease may be. The holder of a new lease waits twice as long before it looks for loads. */
export const REPAIR_LEASE_LOOK_MS = 1_000;

/** Wait for loads that had begun before the lease to end; what is announced then and does not run waits for its collector. */
export const REPAIR_QUIET_TIMEOUT_MS = 150_000;

/** Repairs before the audit says what is left: each may bring to light what lay beneath. */
export const REPAIR_PASSES_MAX = 10;

/** Wait for a mutation to end: it rewrites the parts that it concerns, at 100 MB/s an hour's worth of a large partition. */
export const REPAIR_MUTATION_TIMEOUT_MS = 3_600_000;

/** Rows that one statement of a repair puts in: they travel in its address, at 200 bytes each a tenth of what fits. */
export const REPAIR_ROWS_AT_ONCE = 500;

/** A lock on migrations that its holder has not renewed for so long is taken away. It is renewed six times in it, beside a long statement too. */
export const MIGRATION_LOCK_LIFE_MS = 60_000;

/** Time between two tries for the lock. */
export const MIGRATION_LOCK_LOOK_MS = 100;

/** Producers that differ whose numbers `telemetry verify` looks at; more are counted. At a hundred runs each about 100 MB. */
export const VERIFY_PRODUCERS_MAX = 10_000;

/** Producers whose numbers are read in one query. */
export const VERIFY_PRODUCERS_AT_ONCE = 200;

/** Events that `telemetry verify` gives with name and time, all differences together; all numbers are named. */
export const VERIFY_EVENTS_NAMED_MAX = 1_000;
