/**
 * Where each limit is tested at, below and above it: the test's file, and its title or a part of it. Or why it has none: it is no
 * bound but a pause, a share or a default that something else is derived from.
 */
export type LimitTest = readonly [file: string, title: string] | { readonly none: string };

const grpcLoad = 'test/collector/service/grpc-load.test.ts';
const smallLimits = 'test/collector/small-limits.test.ts';
const admission = 'test/collector/admission/limits.test.ts';
const spool = 'test/collector/spool/spool.test.ts';
const columns = 'test/collector/columns/column-encoder.test.ts';
const groupCommit = 'test/collector/spool/group-commit.test.ts';
const publish = 'test/collector/service/publish.test.ts';
const publishStream = 'test/collector/service/publish-stream.test.ts';
const seen = 'test/collector/seen/seen-set.test.ts';
const loader = 'test/collector/load/loader.test.ts';
const blacklist = 'test/blacklist/service.test.ts';
const web = 'test/web/limits.test.ts';
const webPort = 'test/web/port.test.ts';
const webParts = 'test/web/parts.test.ts';
const fairness = 'test/access/fairness.test.ts';
const keyFile = 'test/access/key-file.test.ts';
const warehouse = 'test/warehouse/limits.test.ts';
const lane = 'test/warehouse/query-lane.test.ts';
const engine = 'test/warehouse/bounds.test.ts';

const pause = { none: 'a pause between two looks' };
const backoff = { none: 'a pause after a failure, which only makes the next try later' };
const deadline = { none: 'a wait of many seconds that no test can shorten: the constant is read where it is used' };
const library = { none: 'handed to the gRPC library, which keeps it' };
const choice = { none: 'how much is done at a time: a choice, past which things wait' };

/** Of `collector/src/limits.ts`. */
export const collectorLimitTests: Record<string, LimitTest> = {
  GRPC_MESSAGE_SIZE_BYTES_MAX: ['test/faults/gzip-bombs.test.ts', 'bombs by the compression of the transport'],
  GRPC_CONNECTIONS_MAX: [grpcLoad, 'connections up to the bound are served'],
  GRPC_CONNECTION_IDLE_MS: library,
  GRPC_KEEPALIVE_TIME_MS: library,
  GRPC_KEEPALIVE_TIMEOUT_MS: library,
  GRPC_CALLS_PER_CONNECTION_MAX: ['test/faults/stream-floods.test.ts', 'open streams: past the bound'],
  GRPC_CALLS_OPEN_MAX: [grpcLoad, 'below and at the bound are taken'],
  GRPC_STREAMS_OPEN_MAX: [grpcLoad, 'past the bound are reset'],
  GRPC_MESSAGES_AHEAD_MAX: ['test/faults/slow-readers.test.ts', 'clients that send and never read'],
  GRPC_PARTIAL_SIZE_BYTES_MAX: [grpcLoad, 'may hold as much as the bound'],
  GRPC_COMPRESSED_CALLS_MAX: [grpcLoad, 'that the transport compresses are taken up to a bound'],
  GRPC_REQUEST_TIMEOUT_MS: [grpcLoad, 'whose request does not come in time end'],
  STAGING_SIZE_BYTES: [groupCommit, 'takes no more than its buffer holds'],
  SEGMENT_SIZE_BYTES_MAX: [spool, 'closes a segment by size'],
  SEGMENT_PLAIN_SIZE_BYTES_MAX: [groupCommit, 'holds no more than its bound on decompressed size'],
  SEGMENT_COLUMNS_PLAIN_SIZE_BYTES_MAX: [spool, 'closes a segment of %s by what its batches have when decompressed'],
  SEGMENT_COLUMNS_EVENTS_MAX: [spool, 'closes a segment of columns by its events'],
  SEGMENT_AGE_MS_MAX: [spool, 'closes a segment by age'],
  SEGMENT_AGES_MAX: [spool, 'lets a segment grow while the loader is behind'],
  SEGMENT_HEAVY_SIZE_BYTES: [spool, 'lets a segment %s the size of a heavy one grow as that may'],
  SEGMENT_HEAVY_AGES_MAX: [spool, 'lets a segment %s the size of a heavy one grow as that may'],
  GATHER_BOUNDS: ['test/collector/service/gather-rule.test.ts', 'when they come densely: %s'],
  DISK_LOOK_MS: [
    'test/collector/spool/disk-room.test.ts',
    'the room on a disk is looked at again when its time has come, and not before',
  ],
  SPOOL_SIZE_BYTES_MAX_DEFAULT: [publish, 'defers when the spool is full'],
  DISK_RESERVE_SHARE: [smallLimits, 'on a disk %s the size where the share is the maximum'],
  DISK_RESERVE_SIZE_BYTES_MAX: [smallLimits, 'on a disk %s the size where the share is the maximum'],
  SEEN_PRODUCERS_PER_GENERATION_MAX: [seen, 'keeps two generations in memory'],
  SEEN_DIGESTS_PER_GENERATION_MAX: [seen, 'keeps two generations in memory'],
  SEEN_LOG_SIZE_BYTES_MAX: [seen, 'keeps two generations on disk'],
  SEEN_RANGES_PER_PRODUCER_MAX: ['test/collector/seen/producer-table.test.ts', 'closes the oldest holes'],
  RECORD_SEQUENCE_SIZE_BYTES_MAX: [publish, 'takes numbers with a hole after each'],
  DROPPED_EVENTS_PENDING_MAX: ['test/faults/slow-readers.test.ts', 'clients that send and never read'],
  ACK_MESSAGE_SIZE_BYTES_MAX: [publishStream, 'keeps its messages small enough'],
  ACKS_WAITING_SIZE_BYTES_MAX: [publishStream, 'reads no further from a client that does not read its acks'],
  ACKS_HELD_SIZE_BYTES_MAX: ['test/faults/slow-readers.test.ts', 'clients that send and never read'],
  LOAD_RETRY_MS_MIN: [loader, 'backs off up to its bound'],
  LOAD_RETRY_MS_MAX: [loader, 'backs off up to its bound'],
  COLUMN_BLOCK_PLAIN_SIZE_BYTES: [columns, 'is full when its batches have the bound decompressed'],
  COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN: [spool, 'has the next segment loaded as messages or columns'],
  RECORD_CONTENT_SIZE_BYTES_MAX: [columns, 'a batch that is larger than the largest'],
  COLUMN_MEMORY_SIZE_BYTES_MAX: [columns, 'a batch with more rows than there is memory for'],
  ENCODER_WAIT_MS_MAX: [columns, 'are for one load after another, and for the next one too where one takes long'],
  LOADS_AT_ONCE_MAX: [loader, 'loads so many at once as it may'],
  LOAD_TIMEOUT_MS: ['test/faults/warehouse-connection.test.ts', 'whatever the connection to the warehouse does'],
  freshLoadAgeMsMax: [smallLimits, 'a fresh load is announced before the grace is over'],
  announceTimeoutMs: [smallLimits, 'a fresh load is announced before the grace is over'],
  carefulGraceMs: [smallLimits, 'a fresh load is announced before the grace is over'],
  pauseMsMax: [smallLimits, 'below and at the bound is none'],
  PAUSE_SUSPECT_MS: [smallLimits, 'below and at the bound is none'],
  PAUSE_TICK_MS: pause,
  EVENT_LOOP_LOOK_MS: pause,
  RECALLS_AT_ONCE_MAX: [smallLimits, 'the ledger is asked for so many batches at a time'],
  RECALL_TIMEOUT_MS: deadline,
  CAREFUL_RETRY_MS_MAX: backoff,
  RETRY_DELAY_MS_MIN: [smallLimits, 'at a load of %s'],
  RETRY_DELAY_MS_MAX: [smallLimits, 'at a load of %s'],
  DRAIN_TIMEOUT_MS_DEFAULT: [loader, 'says when a drain takes too long'],
  STREAM_END_TIMEOUT_MS: deadline,
  PRODUCTS_COUNTED_MAX: [webParts, 'counts so many products by name'],
  BLACKLIST_CONTEXTS_MAX: ['test/blacklist/matcher.test.ts', 'keeps apart more products and versions'],
  BLACKLIST_SIZE_BYTES_MAX: [blacklist, 'keeps the limit of entries, at it and above it'],
  BLACKLIST_CHANGES_SIZE_BYTES_MAX: ['test/blacklist/limits.test.ts', 'a page of the history'],
  BLACKLIST_CHANGES_DEFAULT: ['test/blacklist/limits.test.ts', 'a page of the history'],
  BLACKLIST_CHANGES_MAX: ['test/blacklist/limits.test.ts', 'a page of the history'],
  BLACKLIST_POLL_MS: pause,
  BLACKLIST_RETRY_MS_MAX: backoff,
  BLACKLIST_QUERY_TIMEOUT_MS: deadline,
  BLACKLIST_START_TIMEOUT_MS: deadline,
  BLACKLIST_REQUESTS_MAX: ['test/blacklist/limits.test.ts', 'so many changes wait for the warehouse'],
  BLACKLIST_WATCHERS_MAX: ['test/blacklist/limits.test.ts', 'so many watch the list'],
  BLACKLIST_WATCH_SIZE_BYTES_MAX: [blacklist, 'takes no more than so many'],
  WEB_MESSAGE_SIZE_BYTES_MAX: [webPort, 'a body above the limit, while one at the limit is read'],
  WEB_BODIES_SIZE_BYTES_MAX: [webPort, 'takes as many bytes as it may'],
  WEB_REQUESTS_OPEN_MAX: [webPort, 'takes as many requests as it may'],
  WEB_CONNECTIONS_MAX: [web, 'connections below and at the bound are served'],
  WEB_HEADERS_TIMEOUT_MS: [web, 'the web port has the bounds'],
  WEB_REQUEST_TIMEOUT_MS: [web, 'the web port has the bounds'],
  WEB_ACK_TIMEOUT_MS: deadline,
  CORS_AGE_S_MAX: { none: 'told to browsers, which keep it' },
  SPOOL_NEARLY_FULL_SHARE: [webParts, 'has bounds'],
  LOADER_LAG_MS_MAX_DEFAULT: [webParts, 'has bounds'],
  READINESS_INTERVAL_MS: pause,
  FAIR_SHARE_FACTOR: [fairness, 'one of several is refused from its share on'],
  BATCHES_WAITING_SIZE_BYTES_MAX: [fairness, 'one alone may take all there is, and no more'],
};

/** Of `warehouse/src/limits.ts`. */
export const warehouseLimitTests: Record<string, LimitTest> = {
  SERVER_MEMORY_SHARE: [warehouse, 'of a machine %s the size where the share is the least'],
  SERVER_MEMORY_BYTES_MIN: [warehouse, 'of a machine %s the size where the share is the least'],
  QUERY_MEMORY_SHARE: [engine, 'memory of one query is bounded'],
  QUERY_TIME_LIMIT_MS: [engine, 'asking for less time'],
  QUERY_TIME_GRACE_MS: deadline,
  KILL_RETRY_MS: pause,
  THREAD_POOL_SIZE_DEFAULT: [lane, 'a pool of %d threads has %j slots'],
  THREAD_POOL_RESERVE: [lane, 'a pool of %d threads has %j slots'],
  THREAD_POOL_SIZE_RECOMMENDED: [
    'test/warehouse/ownership.test.ts',
    'a small thread pool still works, and is warned of',
  ],
  INSERT_SLOTS_MAX: [lane, 'a pool of %d threads has %j slots'],
  QUERY_SLOTS_MAX: [lane, 'a pool of %d threads has %j slots'],
  LANE_QUEUE_MAX: [lane, 'a full lane lets nobody in'],
  LANE_WAIT_LIMIT_MS: [lane, 'waiting ends at its limit'],
  RETRY_AFTER_SECONDS: [engine, 'more than may wait are refused at once'],
  RESPONSE_HOLD_BYTES: [warehouse, 'has a status of its own in what is %s'],
  RESPONSE_HOLD_BYTES_WHOLE: [warehouse, 'has a status of its own in what is %s'],
  BUFFERED_RESULT_BYTES_MAX: [engine, 'a result made in memory is bounded'],
  CLIENT_STALL_LIMIT_MS: deadline,
  QUERY_TEXT_BYTES_MAX: [warehouse, 'of one byte more is refused, with the bound'],
  INSERT_HEAD_BYTES_MAX: [warehouse, 'may not have more'],
  INSERT_BODY_BYTES_MAX: [warehouse, 'below and at the bound goes to its file'],
  HTTP_HEADER_BYTES_MAX: [warehouse, 'that has more is refused'],
  KEEP_ALIVE_MS: { none: 'how long an idle connection is kept, which costs the client a connection' },
  CLOSE_DRAIN_LIMIT_MS: ['test/warehouse/ownership.test.ts', 'close kills what does not end'],
  CLOSE_KILL_LIMIT_MS: deadline,
  RESPONSE_GZIP_LEVEL: choice,
  ACCESS_KEYS_MAX: [keyFile, 'at most so many keys, and so large a file'],
  ACCESS_KEYS_FILE_BYTES_MAX: [keyFile, 'at most so many keys, and so large a file'],
  ACCESS_KEYS_LOCK_TIMEOUT_MS: deadline,
  ACCESS_POLL_MS: pause,
  MIGRATION_LOCK_LIFE_MS: [
    'test/warehouse-schema/migrate.test.ts',
    'a lock whose holder lives is waited for however long, and one whose holder has died is taken away',
  ],
  MIGRATION_LOCK_LOOK_MS: deadline,
  AUDIT_QUERY_MEMORY_BYTES_MAX: ['test/audit/limits.test.ts', 'a question within the memory of an audit'],
  AUDIT_QUERY_SPILL_BYTES: ['test/audit/limits.test.ts', 'groups that do not fit into the memory'],
  AUDIT_BUCKET_ROWS: ['test/audit/limits.test.ts', 'rows are grouped in'],
  AUDIT_SUSPECTS_MAX: ['test/audit/limits.test.ts', 'suspects are looked at'],
  AUDIT_BOOKS_AT_ONCE: choice,
  AUDIT_FINDINGS_TOLD_MAX: ['test/audit/limits.test.ts', 'differences are told'],
  AUDIT_SUSPECT_ROUNDS: choice,
  AUDIT_ROUND_PAUSE_MS: pause,
  AUDIT_STILL_TRIES: choice,
  AUDIT_PENDING_AGE_MS_MAX: ['test/audit/damage.test.ts', 'a segment that is announced and not loaded is named'],
  AUDIT_PENDING_SETTLE_MS: deadline,
  AUDIT_PENDING_DAYS: ['test/audit/limits.test.ts', 'days ago is looked for'],
  AUDIT_CLOCK_AHEAD_DAYS: ['test/audit/limits.test.ts', 'days after the first that is kept'],
  REPAIR_LEASE_MS: ['test/audit/loads-running.test.ts', 'no load begins while a lease stands'],
  REPAIR_LEASE_LOOK_MS: pause,
  REPAIR_QUIET_TIMEOUT_MS: deadline,
  REPAIR_PASSES_MAX: ['test/audit/limits.test.ts', 'passes that change something'],
  REPAIR_MUTATION_TIMEOUT_MS: deadline,
  REPAIR_ROWS_AT_ONCE: choice,
  VERIFY_PRODUCERS_MAX: ['test/verify/limits.test.ts', 'producers that differ'],
  VERIFY_PRODUCERS_AT_ONCE: choice,
  VERIFY_EVENTS_NAMED_MAX: ['test/verify/limits.test.ts', 'missing events all numbers are named'],
};

/** Of `proto/telemetry/v1/limits.proto`. */
export const protocolLimitTests: Record<string, LimitTest> = {
  sealed_bytes_max: [admission, 'takes a sealed batch of exactly sealed_bytes_max'],
  batch_bytes_max: [admission, 'holds batch_bytes_max, sent %s'],
  batch_events_max: [admission, 'holds the number of events'],
  batch_dropped_ranges_max: [admission, 'holds the number of declared ranges'],
  name_bytes_max: [admission, 'holds at the limit and below'],
  identifier_bytes_max: [admission, 'the limit of %s, %i, is of the whole batch'],
  property_name_bytes_max: [admission, 'holds at the limit and below'],
  value_bytes_max: [admission, 'holds at the limit and below'],
  stack_bytes_max: [admission, 'holds at the limit and below'],
  properties_max: [admission, 'holds at the limit and below'],
  event_age_days_max: [admission, 'holds the window of times, both ends included'],
  event_ahead_hours_max: [admission, 'holds the window of times, both ends included'],
  seq_max: [admission, 'holds the largest number'],
  stream_message_bytes_max: [publishStream, 'takes a message of exactly stream_message_bytes_max'],
  stream_window_batches_max: [publishStream, 'acknowledges 10,000 small batches, more than its window'],
  ack_dropped_events_max: [publish, 'names a hundred dropped events and counts the others'],
  blacklist_entries_max: [blacklist, 'keeps the limit of entries, at it and above it'],
};
