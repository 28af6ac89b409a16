import type { LimitTest } from './limit-tests.ts';

const batchBounds = 'test/client/batch-bounds.test.ts';
const paceBounds = 'test/client/pace-bounds.test.ts';
const telemetry = 'test/client/telemetry.test.ts';
const pacer = 'test/client-retry/pacer.test.ts';
const storeLimits = 'test/client-store/limits.test.ts';
const storeDeadlines = 'test/client-store/deadlines.test.ts';
const storeBackoff = 'test/client-store/backoff.test.ts';
const lease = 'test/client-store/lease.test.ts';
const lock = 'test/client-store/lock.test.ts';
const pageEnd = 'test/browser/page-end.test.ts';
const watcher = 'test/client-privacy/blacklist-watcher.test.ts';
const banList = 'test/client-privacy/ban-list.test.ts';
const keyedHash = 'test/client-privacy/keyed-hash.test.ts';
const context = 'test/client-api/context.test.ts';
const catalogue = 'test/client-api/catalogue.test.ts';
const fingerprint = 'test/client-api/fingerprint.test.ts';
const leaving = 'test/client-crash/leaving.test.ts';

const smallBounds = 'test/client/small-bounds.test.ts';

const pause = { none: 'a pause between two looks' };

/** Of `client/src/limits.ts`. */
export const clientLimitTests: Record<string, LimitTest> = {
  batchEventsTarget: [batchBounds, 'closes at so many events'],
  batchBytesTarget: [batchBounds, 'closes with the event that brings it to so many bytes'],
  sealedBytesMax: [telemetry, 'that do not fit sealed are halved; each is below the limit'],
  batchBytesMax: { none: 'the protocol’s; a batch closes at a sixteenth of it, and the collector tests it' },
  eventBytesMax: [batchBounds, 'an event of %i bytes'],
  gzipAsideBytesMin: [batchBounds, 'of %i bytes is compressed on another thread or on this one'],
  sealsAtOnce: [
    'test/client/sealing-queue.test.ts',
    'seals two at a time, and hands on the second when the first is done',
  ],
  gzipChunkBytes: ['test/client/gzip-pool.test.ts', 'makes of each content what zlib makes of it at once'],
  gzipBytesMin: [batchBounds, 'of %i bytes is compressed or sealed as it is'],
  queueEventsDefault: [batchBounds, 'holds so many events, and drops the next'],
  queueBytesDefault: [batchBounds, 'holds so many bytes, and an event more at most'],
  undeclaredRangesMax: ['test/client/drops.test.ts', 'of nothing but nonsense are bounded too'],
  batchRangesTarget: [batchBounds, 'declares so many runs and no more'],
  flushIntervalMsDefault: [telemetry, 'after the first one go once an interval, a fifth more or less'],
  flushIntervalJitter: [telemetry, 'after the first one go once an interval, a fifth more or less'],
  windowBatchesDefault: [paceBounds, 'gets so many batches and no more'],
  ackTimeoutMsDefault: [paceBounds, 'is given up after its time, and not before'],
  connectTimeoutMsDefault: [paceBounds, 'a connection is waited for until its time is over'],
  streamLingerMsDefault: [paceBounds, 'a stream without work stays open for its time, and no longer'],
  flushTimeoutMsDefault: [paceBounds, 'is waited for by a flush until its time is over'],
  messageBatchesMax: [paceBounds, 'hold so many batches'],
  messageBytesTarget: [paceBounds, 'hold so many bytes'],
  waitingMessagesMax: [paceBounds, 'wait until there are so many, which is congestion'],
  requestsOpenMaxDefault: [
    'test/browser/http-channel.test.ts',
    'no more requests are open at a time than the bound says',
  ],
  keepaliveBytesMax: [pageEnd, '%i bytes: %s'],
  keepalivePieceBytesMax: [pageEnd, 'goes in pieces that fit, each event once'],
  publishCallsOpenMax: ['test/client-retry/rows/publish-rows.ts', 'publish-open'],
  onlineJitterMs: ['test/browser/page-online.test.ts', 'is told %s the longest wait, %d ms: %d times'],
  dropNoticesMax: [paceBounds, 'of %i drops at a time the first are told one by one'],
  retryBudgetWindows: [pacer, 'is so many windows at first, and never more'],
  settledBatchesPerRetry: [pacer, 'is earned by what is settled: below, at and above so many'],
  outageMsMin: [pacer, 'is kept after a failure %s the length of an outage'],
  resumeDoublingMs: [pacer, 'is so many batches in the first second, about; the rate doubles'],
  bannedNamesKept: [banList, 'bannedNamesKept - 1, bannedNamesKept, bannedNamesKept + 1'],
  storeFilesMax: ['test/client-store/cap.test.ts', 'never has more files than its limit'],
  placesKeptFree: ['test/client-store/cap.test.ts', 'never has more files than its limit'],
  storeFileBytesTarget: [storeLimits, 'of its target and %i bytes takes in one more below the target only'],
  storeDeclarationsBytesMax: [storeLimits, 'of its bound and %i bytes takes in further ones below the bound only'],
  storeMergeFilesMax: [storeLimits, 'as many as go at once, and %i'],
  quarantineFilesMax: [storeLimits, 'as many as are kept, and %i'],
  storePollMs: pause,
  lockBeatMs: [lease, 'shows that it lives at each beat, and not before'],
  lockSilenceMs: [lock, 'a holder that shows no sign of life loses the lock after that long, and not before'],
  lockTrustMs: [lease, 'trusts that it still has it below its time, and not from then on'],
  storeBackoffMsMax: [storeBackoff, 'a disk that fails is written to again after waits that double up to the bound'],
  senderBackoffMsMax: [storeBackoff, 'a sender whose disk fails looks again after waits that double up to its bound'],
  refusedDeclarationMsMax: [
    storeBackoff,
    'a declaration that is refused is sent again after waits that double up to the bound',
  ],
  storeRoomTimeoutMs: [storeDeadlines, 'writes all the same when its time is over, and not before'],
  storeRoomPollMs: pause,
  storeCloseTimeoutMs: [storeDeadlines, 'gives the disk its time, besides its own, and no more'],
  databaseOpenTimeoutMs: [storeDeadlines, 'waits for its database until its time is over, and not longer'],
  hashKeyBytesMin: [keyedHash, 'wants a key that is one: %i bytes'],
  hashesKept: [keyedHash, 'is the same after %i others'],
  contextPropertiesMax: [context, 'contextPropertiesMax} properties, with those of the parents'],
  contextValueBytesMax: [context, 'contextValueBytesMax} bytes'],
  catalogueChoicesMax: [catalogue, 'catalogueChoicesMax} choices'],
  fingerprintFramesMax: [fingerprint, 'fingerprintFramesMax} frames count'],
  faultCausesMax: [fingerprint, 'faultCausesMax} deep, and circles once'],
  blacklistBytesMax: [watcher, 'blacklistBytesMax - 1, blacklistBytesMax, blacklistBytesMax + 1'],
  blacklistTimeoutMs: [watcher, 'a question without an answer is given up after its time'],
  blacklistStorePollMs: [watcher, 'the kept list is looked at again after its time'],
  blacklistStorePollJitter: [watcher, 'the kept list is looked at again after its time'],
  blacklistBackoffMsMax: [paceBounds, 'a question for the blacklist that fails is asked again after its longest wait'],
  wipeTimeoutMs: [storeDeadlines, 'waits for a connection to end until its time is over'],
  consentDeadlineMs: [storeDeadlines, 'waits for the other processes to stop until its time is over'],
  consentConfirmMs: pause,
  senderShiftMs: [leaving, 'a sender rests after its shift, and no longer than it has to'],
  senderRestMs: [leaving, 'a sender rests after its shift, and no longer than it has to'],
  pollsPerRecovery: pause,
  presenceTriesMax: { none: 'how often is tried what another process has to spoil in the same moment each time' },
  liveTrustMs: [smallBounds, 'go to who was known to live for a while, and not from then on'],
  deadProducersKept: [smallBounds, 'of as many dead as are remembered and %i'],
  folderProductLengthMax: [smallBounds, 'of a product hold most and %i characters of it up to most'],
  folderNameLengthMax: [smallBounds, 'of channels tell them apart by the character at most and %i'],
  stackLineLengthMax: [smallBounds, 'has a frame in a line of its longest and %i characters'],
  repeatedFramesMax: [smallBounds, 'is the same however often a group of most and %i frames repeats'],
  fingerprintMessageLengthMax: [smallBounds, 'is told by the character of its message at most and %i'],
  quotedLocalUnitsMax: [smallBounds, 'a quoted part of an address of most and %i characters'],
  namesListedMax: [smallBounds, 'lists as many names as it may and %i'],
  relayWindowBatchesDefault: ['test/client/relay.test.ts', 'has as many batches under way as it may unless told'],
  relayKeepAliveMs: pause,
};
