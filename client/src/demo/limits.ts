/** The limits of the demo. */

/** Users at most: as many as the memory holds without thinking about it. */
export const usersMax = 100_000;

/**
 * Sessions that begin in a second, unless told otherwise. Two, each about twenty seconds long, are some forty at a time: enough for numbers
 * that move, and a few hundredths of a core.
 */
export const sessionsPerSecondDefault = 2;
export const sessionsPerSecondMax = 50;

/** Sessions that begin at once when the demo does, so that there is something to see at once. */
export const firstSessions = 15;

/** Sessions at a time. Past it none begins: when the collector is away, those that end wait for it a while. */
export const openSessionsMax = 200;

/** How long an event waits at most. Short, for somebody is looking. */
export const flushIntervalMs = 2_000;

/** Longest wait before the next try to reach the collector. */
export const retryBackoffMsMax = 5_000;

/** Events that a session holds while the collector is away; hundreds of sessions must not fill the memory. */
export const queueEventsMax = 2_000;

/** How long a session that has ended waits for its last acknowledgements. */
export const sessionShutdownMs = 10_000;

/** The same when the demo ends. */
export const demoShutdownMs = 2_000;

/** How often to look whether whoever started the demo is still there. */
export const parentCheckMs = 2_000;
