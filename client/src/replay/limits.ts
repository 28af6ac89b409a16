/** The limits of the replay: what it bounds on its own account. */

/** Events of one batch: what the protocol says that a client should send in a call. */
export const batchEventsMax = 1_000;

/** Bytes of one line of the file. The longest known line has 29,591; 1 MiB is room for half a million views of one user. */
export const lineBytesMax = 1024 * 1024;

/** Views that a line of the longest length can hold: a digit and a space each. */
export const lineViewsMax = lineBytesMax / 2 + 1;

/** Page categories that a file may list: their numbers are kept in 16 bits. */
export const categoriesMax = 65_535;

/** Bytes read from the file at a time. Small, since they also are the grain of the progress: 16 KiB are under 1 % of a real file. */
export const readBytes = 16 * 1024;

/** Bytes that come out of gunzip at a time. */
export const unzippedBytes = 64 * 1024;

/** Batches of one stream that were sent and have no answer yet: 512 of 300 bytes are 150 kB, enough that neither side waits. */
export const windowBatches = 512;

/** Streams in parallel. Each is a connection with a window of its own; a hundred are more than any collector needs to be busy. */
export const streamsMax = 100;

/**
 * Longest wait before the next try to reach a collector. Two seconds, not the minute of an application: somebody is watching, and this is
 * one client, not a million.
 */
export const retryBackoffMsMax = 2_000;

/** The same where the collector says that trying again does not help, as when something else listens there. */
export const permanentBackoffMsMax = 5_000;

/** How long batches that were sent may take to be answered after somebody has pressed Ctrl-C. */
export const interruptTimeoutMs = 3_000;

/**
 * A second signal this long after the first gives up at once. Sooner it is the same Ctrl-C, which reaches a process from the terminal and
 * from the one that started it.
 */
export const secondSignalMs = 300;

/** How long to wait when finding out why a collector cannot be reached. */
export const probeTimeoutMs = 1_000;

/** Between two messages that the collector cannot be reached. */
export const waitingNoticeMs = 15_000;

/** Between two pictures of the progress bar, and between two lines where there is no terminal. */
export const progressBarMs = 200;
export const progressLineMs = 5_000;

/** Over how long the rates of the progress are averaged. */
export const progressRateMs = 3_000;
