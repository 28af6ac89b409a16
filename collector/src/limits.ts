import { protocolLimits } from '@telemetry/gen';

/** Limits of the collector itself; those of the protocol are in `Limits` of the schema. Sizes in bytes, times in milliseconds. */

const MIB = 1024 * 1024;

/**
 * Largest message that gRPC passes on. Above the largest batch that may come unsealed, so that our own check answers with a reason
 * rather than the transport with none.
 */
export const GRPC_MESSAGE_SIZE_BYTES_MAX = 2 * protocolLimits.batchBytesMax;

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

/** A segment closes at this age, so that an event is queryable a second or two after it was acknowledged. */
export const SEGMENT_AGE_MS_MAX = 1_000;

/** Spooled bytes at which batches are refused until the loader has made room: hours of a warehouse that is down. */
export const SPOOL_SIZE_BYTES_MAX_DEFAULT = 8 * 1024 * MIB;

/**
 * Producers that one generation of the seen-set remembers. Two generations are kept: at most 4 million producers at 32 bytes a slot and
 * a load factor of 1/2 to 5/8, so 270 MB when full; a million clients of one process each take 67 MB.
 */
export const SEEN_PRODUCERS_PER_GENERATION_MAX = 2_000_000;

/** Size of the log of one generation of the seen-set: 5 million batches at 25 bytes each, read in about a second at start. */
export const SEEN_LOG_SIZE_BYTES_MAX = 128 * MIB;

/** Ranges of event numbers kept for one producer; one that leaves more holes is not keeping the protocol. */
export const SEEN_RANGES_PER_PRODUCER_MAX = 10_000;

/** Size of the encoded event numbers of one record: what the gzip extra field holds (65,535) less the record's fixed fields. */
export const RECORD_SEQUENCE_SIZE_BYTES_MAX = 65_000;

/**
 * A message of acknowledgements ends at this size. A quarter of what a gRPC client takes as a rule (4 MiB), since the last one may
 * name `Limits.ack_dropped_events_max` events.
 */
export const ACK_MESSAGE_SIZE_BYTES_MAX = MIB;

/** Acknowledgements that wait for one client to read them; past it, nothing more is read from that client. */
export const ACKS_WAITING_SIZE_BYTES_MAX = 4 * ACK_MESSAGE_SIZE_BYTES_MAX;

/** Shortest and longest wait before a failed load is tried again; doubled each time. */
export const LOAD_RETRY_MS_MIN = 100;
export const LOAD_RETRY_MS_MAX = 5_000;

/** Deadline of one load: a hundred times what a full segment takes on two cores. */
export const LOAD_TIMEOUT_MS = 120_000;

/** Smallest wait that a refused client is told. */
export const RETRY_DELAY_MS_MIN = 500;
/** Largest wait that a refused client is told, before jitter. */
export const RETRY_DELAY_MS_MAX = 30_000;

/** Time to acknowledge what waits, and to load what is spooled, when told to stop. What is not loaded by then stays spooled. */
export const DRAIN_TIMEOUT_MS_DEFAULT = 20_000;

/** Time for clients to take their last acknowledgements when the collector stops. */
export const STREAM_END_TIMEOUT_MS = 2_000;
