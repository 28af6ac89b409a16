import { protocolLimits } from '@telemetry/gen/constants';

/**
 * The limits of the client: what it bounds on its own account. What the protocol bounds is in `protocolLimits`; the relations between
 * the two are asserted by a test.
 */

/** Events after which the open batch is closed. What the protocol says that a client should send in a call. */
export const batchEventsTarget = 1_000;

/**
 * Unsealed bytes after which the open batch is closed. gzip brings telemetry to about 28 % (measured: 1,000 events, 123 kB to 34 kB), so
 * 512 KiB become about 150 KiB, well below the 256 KiB that a sealed batch may have. Content that compresses worse is halved at sealing.
 */
export const batchBytesTarget = 512 * 1024;

/** Sealed bytes that a batch may have, and unsealed: the protocol's. */
export const sealedBytesMax = protocolLimits.sealedBytesMax;
export const batchBytesMax = protocolLimits.batchBytesMax;

/**
 * Encoded size that one event may have: a batch of it alone must pass even where it does not compress at all, so the sealed limit less
 * 16 KiB for core (at most ten texts of 256 to 1,024 bytes), gzip framing and declared ranges.
 */
export const eventBytesMax = sealedBytesMax - 16 * 1024;

/**
 * From this many bytes on a batch is compressed on another thread, where there is one: 16 KiB take 0.15 ms (measured, zlib at level 5), and the
 * way to the other thread and back a third of that.
 */
export const gzipAsideBytesMin = 16 * 1024;

/**
 * Batches of a client that are compressed at a time on other threads, and streams of zlib that a process keeps for it. Two: while an application
 * that logs in bulk has not yet taken in what came of one, there is another to go on with (measured: 7 % more events/s than with one). Each
 * holds 268 kB of tables and the room below; what is sealed and waits for the one before it is one batch.
 */
export const sealsAtOnce = 2;

/** Bytes of room that a stream of zlib takes at a time for what comes out of it: about four batches of 1,000 events. */
export const gzipChunkBytes = 128 * 1024;

/** Below this many bytes a batch is sealed as it is: gzip costs more than it saves there (measured, see the protocol's `Encoding`). */
export const gzipBytesMin = 1024;

/**
 * Events that the client holds in memory and has no acknowledgement for. A hundred full batches: at a usual call a minute, more than an
 * hour and a half without a network. Past it a new event is dropped as `DROP_REASON_QUEUE_FULL`.
 */
export const queueEventsDefault = 100 * batchEventsTarget;

/** Bytes that the same events may hold: as encoded until their batch is sealed, as sealed from then on. 16 MiB. */
export const queueBytesDefault = 16 * 1024 * 1024;

/**
 * Runs of dropped numbers that wait for their declaration. Past it every event is dropped as `DROP_REASON_QUEUE_FULL`, which makes one
 * growing run, so that an application that logs nothing but nonsense cannot fill the memory with its declarations.
 */
export const undeclaredRangesMax = 10_000;

/** Declared runs that go into one batch: at about 20 bytes each, a small part of it. */
export const batchRangesTarget = 1_000;

/** How long an event waits at most for its batch to be sealed, before jitter: about a call a minute. */
export const flushIntervalMsDefault = 60_000;

/** Part by which the interval varies around its value, so that clients started together do not stay in step: 0.8 to 1.2. */
export const flushIntervalJitter = 0.2;

/** Batches sent and not yet acknowledged. Sixteen of at most 256 KiB are 4 MiB, and enough to fill a line of 300 ms and 100 Mbit/s. */
export const windowBatchesDefault = 16;

/** How long the client waits for an acknowledgement before it takes the connection for dead. Ten times a slow disk's worst second. */
export const ackTimeoutMsDefault = 30_000;

/** How long the client waits for a connection. */
export const connectTimeoutMsDefault = 10_000;

/** How long a stream without work stays open. Short: an open stream keeps the application's process alive. */
export const streamLingerMsDefault = 1_000;

/** How long `flush` and `shutdown` wait unless told otherwise. */
export const flushTimeoutMsDefault = 5_000;

/** Batches of one stream message: what is gained by packing more is below what is measurable. */
export const messageBatchesMax = 256;

/**
 * Bytes of a stream message. A batch that would exceed it begins the next message, so that one is larger only where a batch alone is: whoever
 * on the way takes a batch takes every message.
 */
export const messageBytesTarget = 64 * 1024;

/** Messages that wait for the network before the sender of batches is held. Four: one being written, the next ones ready. */
export const waitingMessagesMax = 4;

/** `Publish` calls that are open at a time where the receiver has no `PublishStream`: as many as a stream has batches under way. */
export const publishCallsOpenMax = 16;

/**
 * Requests of an HTTP channel that are open at a time. A browser opens six connections to one host over HTTP/1.1: two are left to the page, should
 * the collector be behind its own host.
 */
export const requestsOpenMaxDefault = 4;

/** Bodies of requests that outlive their page, all together: 64 KiB, as the Fetch standard has it for keepalive and beacons. */
export const keepaliveBytesMax = 64 * 1024;

/** Sealed bytes of a batch that is to leave with its page: a quarter, so that what is left free by others is used at least to that. */
export const keepalivePieceBytesMax = keepaliveBytesMax / 4;

/**
 * How long a page waits at most, when it has a network again, before it tries: it is often a whole region that has, and its pages should not come
 * in the same moment. A visitor does not notice it.
 */
export const onlineJitterMs = 3_000;

/** Notices of drops kept for the `drop` handlers between two turns of the event loop; more are merged into the last of their reason. */
export const dropNoticesMax = 1_000;

/**
 * Batches that may be sent in vain before a channel slows down, in windows. Two: a connection that breaks costs one, and the other pays for
 * sixteen tries, which at the usual backoff is five minutes.
 */
export const retryBudgetWindows = 2;

/** Batches that have to be settled to earn one that may be sent in vain: in the long run that is one in eleven, at most. */
export const settledBatchesPerRetry = 10;

/** What lasts so long is an outage, after which sending begins slowly. The pace of a client at rest: before that hardly anything has piled up. */
export const outageMsMin = 60_000;

/** Time in which the rate doubles at which a channel sends what has piled up. */
export const resumeDoublingMs = 10_000;

/** Event names of which the client keeps whether they are banned. An application has hundreds; one that makes names up empties the memory. */
export const bannedNamesKept = 1_000;

/**
 * Files of a channel in the store: a day of a call a minute. The oldest that were never sent are dropped as `DROP_REASON_STORE_FULL` as soon as
 * there is no place left for the next file and for the one that declares them. Who finds no place waits for `storeRoomTimeoutMs`, and takes one more
 * than there are if the process that should make room does not do it: it is paused, or has died a moment ago.
 */
export const storeFilesMax = 60 * 24;

/** Places of them that stay free: for the next file, whichever process writes it, and for the one that declares what is dropped. */
export const placesKeptFree = 2;

/** Sealed bytes after which a file is full. Batches that wait together share a file, and so its flush to the disk; at rest a file has one. */
export const storeFileBytesTarget = protocolLimits.sealedBytesMax;

/** Bytes up to which a file of declarations takes in those of further files. With a core of 200 bytes, about 800 producers. */
export const storeDeclarationsBytesMax = protocolLimits.sealedBytesMax;

/** Dropped files that are declared in one go: what is read and held for it is at most 64 full files, 16 MiB. */
export const storeMergeFilesMax = 64;

/** Files that are set aside, for a person to look at; past it the oldest are removed. */
export const quarantineFilesMax = 100;

/** How often a process looks whether it can become the uploader, and for what others have left it: the time of a takeover, at most twice. */
export const storePollMs = 1_000;

/** How often the holder of a lock shows that it lives. */
export const lockBeatMs = 2_000;

/**
 * How long a holder may show no sign of life before it loses the lock. Thirty beats: a process that is not let run for a minute is paused,
 * not slow. A dead one loses it at once.
 */
export const lockSilenceMs = 60_000;

/** How long a holder trusts that it still has the lock: well below what it takes to lose it. */
export const lockTrustMs = 10_000;

/** Longest wait after the disk has failed at a write: it doubles from a second. */
export const storeBackoffMsMax = 60_000;

/** The same for the uploader: short, since what it sends makes room on a full disk. */
export const senderBackoffMsMax = 5_000;

/** Longest wait before a declaration that was refused is sent again: it doubles from a minute. */
export const refusedDeclarationMsMax = 3_600_000;

/** How long a process waits for the uploader to make room in a full store, before it writes all the same. */
export const storeRoomTimeoutMs = 5_000;

/** How often it looks whether there is room. */
export const storeRoomPollMs = 50;

/** How long `shutdown` waits for the disk, whatever is left of its own time: events in memory die with the process. */
export const storeCloseTimeoutMs = 5_000;

/** How long a page waits for its database before it keeps its events in memory. A disk that is asleep takes a second or two. */
export const databaseOpenTimeoutMs = 5_000;

/** Bytes that a key for hashing identifiers has at least: 128 bits, which nobody tries out. */
export const hashKeyBytesMin = 16;

/** Identifiers whose hash is kept: a hash takes some 10 µs, and an application names the same few projects again and again. */
export const hashesKept = 1_000;

/**
 * Properties that the context of a client, its parents' included, adds to each event: a quarter of the 128 that an event may have.
 * A catalogue keeps this room free in each of its events.
 */
export const contextPropertiesMax = 32;

/** Bytes of a text in the context. It is repeated in every event: 32 of these are 32 KiB, an eighth of what an event may have. */
export const contextValueBytesMax = 1024;

/** Choices of an enumeration in a catalogue. More are no enumeration but a text, which says of itself what it tells of a person. */
export const catalogueChoicesMax = 256;

/** Innermost frames that a fault's fingerprint goes by. V8 records ten; the outermost say who called, and not what broke. */
export const fingerprintFramesMax = 8;

/** Causes behind an error, and errors of an aggregate, that its fingerprint and its stack go by. */
export const faultCausesMax = 5;

/** Bytes of a blacklist that are read: 4 MiB, the most that a gRPC client takes. A collector keeps it below 3 MiB. */
export const blacklistBytesMax = 4 * 1024 * 1024;

/** How long the client waits for the blacklist, connection included. It keeps the process alive so long, so it is short. */
export const blacklistTimeoutMs = 5_000;

/** How often the list that another process may have kept is looked at, before jitter: as long as an event may wait. */
export const blacklistStorePollMs = 60_000;

/** Part by which this varies around its value. */
export const blacklistStorePollJitter = 0.2;

/** Longest wait before a question for the blacklist that failed is asked again: acknowledgements and the watch bring it before that. */
export const blacklistBackoffMsMax = 600_000;

/** How long an opt-out waits for a connection to end that was broken off. It ends at once unless the channel is at fault. */
export const wipeTimeoutMs = 5_000;

/** How long a process that withdraws the consent waits for the others to stop. Ten polls; what comes after it is removed by whoever wrote it. */
export const consentDeadlineMs = 10_000;

/** How often it looks whether they have. */
export const consentConfirmMs = 50;

/** How long a process sends before it rests. A stream keeps a process alive, and others may always have something more for it to send. */
export const senderShiftMs = 10_000;

/** How long it rests: longer than a stream without work stays open, so that a process which is at its end can end. */
export const senderRestMs = 2 * streamLingerMsDefault;

/** How many polls apart the process that sends looks for what dead ones have left: it lists folders, and few die. */
export const pollsPerRecovery = 5;

/** How often a process tries to join the others in a folder: one that tidies up may take its file away before it has its name. */
export const presenceTriesMax = 10;

/** How long the process that sends takes for granted which others live: about as long as one may take to be told what became of its events. */
export const liveTrustMs = 2_000;

/** Dead producers that it remembers; past it they are looked up again. A store has at most 1,440 files. */
export const deadProducersKept = 2_000;

/** Characters of the default folder's name that the product may take: a file name has 255, and the path before it is the system's. */
export const folderProductLengthMax = 64;

/** Characters of a channel's folder: the longest name of a file in it has 122, and 260 for a whole path are all that Windows promises. */
export const folderNameLengthMax = 100;

/** Characters of a line of a stack; longer ones are no frames but addresses that hold their content. */
export const stackLineLengthMax = 2_048;

/** Frames of a stack that may repeat as a group: recursion over so many functions is taken together, however deep it went. */
export const repeatedFramesMax = 3;

/** Characters of a message that make a fingerprint where there is no frame: what comes behind is seldom the same twice. */
export const fingerprintMessageLengthMax = 500;

/** Characters that a quoted part before the sign of an e-mail address may have, with one quote: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1 */
export const quotedLocalUnitsMax = 64;

/** Names that a message about a missing event lists: about what a person reads. */
export const namesListedMax = 20;

/** Batches of a relay that are under way on a stream: 512 of 300 bytes are 150 kB, so that neither side waits, and little is to be sent again. */
export const relayWindowBatchesDefault = 512;

/** How often the timer is set anew that keeps a process alive as long as a relay has batches; any time will do. */
export const relayKeepAliveMs = 60_000;
