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
