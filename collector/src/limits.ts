import { protocolLimits } from '@telemetry/gen';

/** Limits of the collector itself; those of the protocol are in `Limits` of the schema. Sizes in bytes, times in milliseconds. */

const MIB = 1024 * 1024;

/**
 * Largest message that gRPC passes on. Above the largest batch that may come unsealed, so that our own check answers with a reason
 * rather than the transport with none.
 */
export const GRPC_MESSAGE_SIZE_BYTES_MAX = 2 * protocolLimits.batchBytesMax;

/**
 * Connections of the gRPC port; one more is closed at once. A TCP and HTTP/2 session takes 15 kB (measured), so 150 MB. With the idle time
 * below, enough for 30,000 clients that call once a minute.
 */
export const GRPC_CONNECTIONS_MAX = 10_000;

/** A connection without a call is closed after this: who calls once a minute connects anew, and 20,000 such leave 6,700 connections. */
export const GRPC_CONNECTION_IDLE_MS = 20_000;

/** A connection with calls but no traffic is asked after the first whether it lives, and cut when it says nothing for the second. */
export const GRPC_KEEPALIVE_TIME_MS = 60_000;
export const GRPC_KEEPALIVE_TIMEOUT_MS = 20_000;

/** Calls of one connection at a time, told to the client, whose library keeps the others back: a fifth of those of all. */
export const GRPC_CALLS_PER_CONNECTION_MAX = 1_000;

/** Open calls of all connections, a stream 26 kB (measured), so 130 MB: streams, watchers, and calls that are being answered. */
export const GRPC_CALLS_OPEN_MAX = 5_000;

/**
 * Streams of HTTP/2 that the client has not closed; past it they are reset. Twice the calls, so that as many that are refused can be told
 * why before they go.
 */
export const GRPC_STREAMS_OPEN_MAX = 2 * GRPC_CALLS_OPEN_MAX;

/** Messages that a call reads before they are asked for, and writes before they are taken: one is worked on meanwhile. For all streams of objects in the process. */
export const GRPC_MESSAGES_AHEAD_MAX = 1;

/** Messages that have come in part, of all calls together: four of the largest. Past it, the call with most of it is ended. */
export const GRPC_PARTIAL_SIZE_BYTES_MAX = 4 * GRPC_MESSAGE_SIZE_BYTES_MAX;

/** Calls at a time whose transport compresses (`grpc-encoding`): each may unpack to a largest message, so 256 MiB. Batches are sealed. */
export const GRPC_COMPRESSED_CALLS_MAX = 16;

/** Time for the request of a call that has one alone: 16 MiB at 4 Mbit/s. */
export const GRPC_REQUEST_TIMEOUT_MS = 30_000;

/**
 * Room for the records of one group commit. Twice the largest record (an unsealed batch of 8 MiB with its framing), so that a record
 * always fits into an empty buffer. Two such buffers take turns, one filling while the other is written.
 */
export const STAGING_SIZE_BYTES = 2 * protocolLimits.batchBytesMax;

/**
 * A segment closes at this size. Four times the 40 blocks of 256 KiB that the source design collected before an upload: a larger
 * INSERT makes fewer parts, and merging parts is the largest cost of the engine.
 */
export const SEGMENT_SIZE_BYTES_MAX = 40 * MIB;

/**
 * A segment closes when its batches have this size decompressed, and no group commit holds more. gzip may shrink a batch a thousandfold,
 * and a segment has to be loaded within `LOAD_TIMEOUT_MS`: 512 MiB of events take the engine a few seconds.
 */
export const SEGMENT_PLAIN_SIZE_BYTES_MAX = 512 * MIB;

/**
 * The same for one that is loaded as columns, and its events: the engine begins another part at 256 MiB, 2.4 times what usual events have, and at 1,048,576 rows, and a
 * second one would be small. With twice the size the engine took 2.3 to 2.9 GB at full rate, not 1.8 to 2.2.
 */
export const SEGMENT_COLUMNS_PLAIN_SIZE_BYTES_MAX = 96 * MIB;
export const SEGMENT_COLUMNS_EVENTS_MAX = 1_000_000;

/** A segment closes at this age, so that an event is queryable a second or two after it was acknowledged. */
export const SEGMENT_AGE_MS_MAX = 1_000;

/**
 * While the loader is behind, a segment may grow to so many times that age. Measured: a load of 1,200 batches of 1,000 events costs the
 * engine 3.3 CPU-s a million events, six loads of 200 of them 4.6. And a warehouse that is down for hours leaves fewer files.
 */
export const SEGMENT_AGES_MAX = 10;

/** From this size on it may grow to so many times that age also while the loader keeps up. What is smaller costs little, and is queryable sooner. */
export const SEGMENT_HEAVY_SIZE_BYTES = MIB;
export const SEGMENT_HEAVY_AGES_MAX = 4;

/**
 * Batches that come densely gather before they are read; see `GatherRule`. Switched on and off every 8 s within runs of 300 batches/s of 1,000 events, waits of
 * 10 ms took 8 to 9 % off the collector's CPU, in the same way 20 ms 8 % more and 25 ms 14 %. Ack p99 in 40 s: 20 to 26 ms with 10, 29 to 34 with 20, 36 with 25.
 */
export const GATHER_BOUNDS = {
  holdMs: 20,
  /** From 200 batches/s on. */
  batchesMin: 4,
  windowMs: 100,
  /** Two seconds. */
  windowsHeldMax: 20,
  /** A collector with more to do would be idle while those who have filled their windows wait for it. */
  busyShareMax: 0.75,
  /** Of batches that come by chance, 300 in a second, twice as many come in one of two windows once in 10,000 times. */
  hurryRatio: 2,
  pauseMs: 10_000,
};

/** Time between two looks at the room on the disk, unless what the last one left is used up: a look takes a turn of the thread pool. */
export const DISK_LOOK_MS = 100;

/** Spooled bytes at which batches are refused until the loader has made room: hours of a warehouse that is down. */
export const SPOOL_SIZE_BYTES_MAX_DEFAULT = 8 * 1024 * MIB;

/**
 * Room that the spool leaves on its disk, so that what is loaded can be noted as seen, which comes before it is deleted: of a segment that
 * is an eighth at most, when its batches are of the smallest size (20 to 26 bytes noted of a record of 170).
 */
export const DISK_RESERVE_SHARE = 1 / 8;

/** The same on a large disk: three times what a full segment of the smallest batches takes. */
export const DISK_RESERVE_SIZE_BYTES_MAX = 16 * MIB;

/**
 * Producers that one generation of the seen-set remembers. Two generations are kept: at most 4 million producers at 32 bytes a slot and
 * a load factor of 1/2 to 5/8, so 270 MB when full; a million clients of one process each take 67 MB.
 */
export const SEEN_PRODUCERS_PER_GENERATION_MAX = 2_000_000;

/**
 * Digests of batches that one generation remembers: as many as its log holds, at 8 bytes a slot and a load factor of at most 5/8, so 64 MiB
 * a generation when full. Which batch a forgotten one was is asked of the warehouse's ledger.
 */
export const SEEN_DIGESTS_PER_GENERATION_MAX = 4_000_000;

/** Size of the log of one generation of the seen-set: 4 million batches at 33 bytes each, read in about a second at start. */
export const SEEN_LOG_SIZE_BYTES_MAX = 128 * MIB;

/** Ranges of event numbers kept for one producer; one that leaves more holes is not keeping the protocol. */
export const SEEN_RANGES_PER_PRODUCER_MAX = 10_000;

/** Size of the encoded event numbers of one record: what the gzip extra field holds (65,535) less the record's fixed fields. */
export const RECORD_SEQUENCE_SIZE_BYTES_MAX = 65_000;

/**
 * Dropped events of batches that wait for the disk, 400 bytes each, so 10 MB: a batch of broken events is small on disk and large in its acknowledgement. Past it
 * streams are read again when the disk has taken what waits; past twice it, batches are refused for now. Four times as many took 65 MiB more in a flood of them.
 */
export const DROPPED_EVENTS_PENDING_MAX = 25_000;

/**
 * A message of acknowledgements ends at this size. A quarter of what a gRPC client takes as a rule (4 MiB), since the last one may
 * name `Limits.ack_dropped_events_max` events.
 */
export const ACK_MESSAGE_SIZE_BYTES_MAX = MIB;

/** Acknowledgements that wait for one client to read them; past it, nothing more is read from that client. */
export const ACKS_WAITING_SIZE_BYTES_MAX = 4 * ACK_MESSAGE_SIZE_BYTES_MAX;

/**
 * The same of all clients together; past it, nothing more is read from those who have not read all of theirs. Sixteen that read nothing at
 * all fill it; a client that reads has a few hundred bytes waiting.
 */
export const ACKS_HELD_SIZE_BYTES_MAX = 16 * ACKS_WAITING_SIZE_BYTES_MAX;

/** Shortest and longest wait before a failed load is tried again; doubled each time. */
export const LOAD_RETRY_MS_MIN = 100;
export const LOAD_RETRY_MS_MAX = 5_000;

/**
 * Segments that are loaded at the same time. The engine reads one on one core, so two use both in a drain: twice as fast (measured). More would
 * take memory, up to a decompressed segment each, and gain nothing on two cores.
 */
export const LOADS_AT_ONCE_MAX = 2;

/**
 * A load is sent in blocks of columns; a block is complete when its batches have this size decompressed: 30,000 usual events, whose columns
 * take 2.7 MB. Making blocks of a fourth of that took 0.03 CPU-s a million events more; larger ones only take more memory. The blocks of a segment decide where
 * a large one is cut, so a change needs another mark in the names of segments, see `segment-id.ts`.
 */
export const COLUMN_BLOCK_PLAIN_SIZE_BYTES = 2 * MIB;

/**
 * Segments are loaded as columns when the batches of the one before (of a first one, those of its first group commit) have this size on average, decompressed: some
 * 100 events. Measured, CPU-s a million events: with 1,000 events a batch columns take 0.4 to 0.5 more in the collector and 0.6 to 1.2 less in the warehouse; with 5
 * events, in their first form, 3 more and less than 1 less.
 */
export const COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN = 8 * 1_024;

/**
 * The columns of one load are made after those of another, unless that takes longer than this: ten times what a full segment takes in a collector with nothing
 * else to do, and twice what it takes in one that receives a million events a second.
 */
export const ENCODER_WAIT_MS_MAX = 10_000;

/** The most that a record holds decompressed: the largest batch, with the fields that the collector adds and its size before it. */
export const RECORD_CONTENT_SIZE_BYTES_MAX = protocolLimits.batchBytesMax + 1_024;

/**
 * Memory in which columns are made. Usual blocks leave it at 26 MiB, of which half was ever written; a batch of the most rows that fit into a record, empty events of
 * two bytes each, takes 392 MiB (a test makes one).
 */
export const COLUMN_MEMORY_SIZE_BYTES_MAX = 512 * MIB;

/** Deadline of one load: a hundred times what a full segment takes on two cores. */
export const LOAD_TIMEOUT_MS = 120_000;

/**
 * A segment that is older than this when its load is to begin takes the careful path, in a warehouse with several collectors. In steady state
 * a segment is two seconds old.
 */
export function freshLoadAgeMsMax(loadTimeoutMs: number): number {
  return loadTimeoutMs / 2;
}

/** Deadline of the announcement of a load in the ledger, which takes tens of milliseconds. */
export function announceTimeoutMs(loadTimeoutMs: number): number {
  return loadTimeoutMs / 4;
}

/**
 * A batch that may be with another collector as well waits so long, then is looked for in the ledger: by then every load of a first copy that
 * was to begin before is announced, since a fresh load is announced at most `freshLoadAgeMsMax` and `announceTimeoutMs` after its first batch
 * came. The rest, a quarter, is for a process that the machine has not let run.
 */
export function carefulGraceMs(loadTimeoutMs: number): number {
  return loadTimeoutMs;
}

/**
 * A process that was not let run, or whose disk was stuck, for longer than this takes what it reads next for sent before: as long as the
 * quarter that `carefulGraceMs` leaves.
 */
export function pauseMsMax(loadTimeoutMs: number): number {
  return loadTimeoutMs / 4;
}

/** For so long after a pause: a client gives up a connection without acknowledgements after 30 seconds, and no sooner are sockets read empty. */
export const PAUSE_SUSPECT_MS = 30_000;

/** Time between two looks at whether the process was paused. */
export const PAUSE_TICK_MS = 250;

/** Batches at a time whose content is asked of the ledger; each takes it some milliseconds. Others are deferred. */
export const RECALLS_AT_ONCE_MAX = 64;

/** Deadline of such a question: half of what a client waits for an acknowledgement. */
export const RECALL_TIMEOUT_MS = 15_000;

/** Longest pause of the careful path between two looks at the same segment. */
export const CAREFUL_RETRY_MS_MAX = 2_000;

/** Smallest wait that a refused client is told. */
export const RETRY_DELAY_MS_MIN = 500;
/** Largest wait that a refused client is told, before jitter. */
export const RETRY_DELAY_MS_MAX = 30_000;

/** Time to acknowledge what waits, and to load what is spooled, when told to stop. What is not loaded by then stays spooled. */
export const DRAIN_TIMEOUT_MS_DEFAULT = 20_000;

/** Time for clients to take their last acknowledgements when the collector stops. */
export const STREAM_END_TIMEOUT_MS = 2_000;

/** Products that are counted by name; the others count together. Each takes about twenty lines of `/metrics`. */
export const PRODUCTS_COUNTED_MAX = 100;

/**
 * Combinations of product, version and audience for which the verdicts of a blacklist are kept: a byte an entry each, so 2.5 MB with
 * the longest list.
 */
export const BLACKLIST_CONTEXTS_MAX = 256;

/**
 * Size of the whole blacklist, serialized. Clients are sent all of it, and a gRPC client takes 4 MiB as a rule. 10,000 entries of 300 bytes
 * are as much.
 */
export const BLACKLIST_SIZE_BYTES_MAX = 3 * MIB;

/** A page of the history of changes ends at this size, for the same reason. */
export const BLACKLIST_CHANGES_SIZE_BYTES_MAX = 3 * MIB;

/** Changes in a page of the history: as many as asked for, at most the second; the first when nothing is asked. */
export const BLACKLIST_CHANGES_DEFAULT = 100;
export const BLACKLIST_CHANGES_MAX = 1_000;

/** Time between two looks at the warehouse's blacklist, jittered by a quarter: a change is enforced everywhere within two seconds. */
export const BLACKLIST_POLL_MS = 1_000;

/** Longest wait between two looks while the warehouse fails; doubled each time. */
export const BLACKLIST_RETRY_MS_MAX = 5_000;

/** Deadline of one look or change. A healthy warehouse takes 12 ms; one that is loading a full segment on all cores, a second. */
export const BLACKLIST_QUERY_TIMEOUT_MS = 10_000;

/** A start waits so long for the first look; past it, it goes by the list on disk. */
export const BLACKLIST_START_TIMEOUT_MS = 3_000;

/** Requests of the blacklist that wait for the warehouse: operators make them, and each may bring a list of 3 MiB. */
export const BLACKLIST_REQUESTS_MAX = 32;

/** Calls of `WatchBlacklist` at a time. Each is a stream, some 30 kB; who is refused goes by the version in the acknowledgements. */
export const BLACKLIST_WATCHERS_MAX = 2_000;

/** Memory for lists on their way to watchers, all of which may be slow: with a long list there may be fewer of them. */
export const BLACKLIST_WATCH_SIZE_BYTES_MAX = 128 * MIB;

/**
 * Largest message that the web port takes: as on the gRPC port, above the largest batch, so that our own check answers with a reason. A
 * batch in JSON is about three times as large as in protobuf; who has so large ones sends them sealed.
 */
export const WEB_MESSAGE_SIZE_BYTES_MAX = 2 * protocolLimits.batchBytesMax;

/** Bodies of all requests on the web port together: four of the largest. Past it, calls are refused for now. */
export const WEB_BODIES_SIZE_BYTES_MAX = 4 * WEB_MESSAGE_SIZE_BYTES_MAX;

/** Requests on the web port at a time: those who watch the blacklist (`BLACKLIST_WATCHERS_MAX`), and as many who send. */
export const WEB_REQUESTS_OPEN_MAX = 4_000;

/** Connections of the web port: a request each, and some that idle between two. */
export const WEB_CONNECTIONS_MAX = 5_000;

/** Time for the headers of a request, and for all of it: 16 MiB at 4 Mbit/s. */
export const WEB_HEADERS_TIMEOUT_MS = 10_000;
export const WEB_REQUEST_TIMEOUT_MS = 30_000;

/** Time for the acknowledgement of a batch on the web port; past it the client is told to send it again. A healthy disk takes 5 ms. */
export const WEB_ACK_TIMEOUT_MS = 30_000;

/** How long a browser may go by an answer to a preflight request: two hours, the most that Chromium takes. */
export const CORS_AGE_S_MAX = 7_200;

/** Time between two looks at how late the event loop is, for `/metrics`. At the 10 ms that are usual, an idle collector was woken 107 times a second, now 21. */
export const EVENT_LOOP_LOOK_MS = 100;

/** Share of the spool's quota from which on the collector is not ready: before batches are refused. */
export const SPOOL_NEARLY_FULL_SHARE = 0.9;

/** A segment may wait so long for the warehouse before the collector is not ready: long enough to restart the warehouse. */
export const LOADER_LAG_MS_MAX_DEFAULT = 600_000;

/** Time between two judgements of readiness. */
export const READINESS_INTERVAL_MS = 1_000;

/**
 * How many times what is free of the spool, or of another thing that is shared, one sender may hold. With 4, a sender that takes all it can
 * get leaves a fifth for others, two leave a ninth, and nobody is refused before half is taken.
 */
export const FAIR_SHARE_FACTOR = 4;

/** Batches that wait for the disk, as they came: four group commits. Streams have one each; other calls may be many. */
export const BATCHES_WAITING_SIZE_BYTES_MAX = 4 * STAGING_SIZE_BYTES;
