/** Limits of the crash campaign. Times in milliseconds. */

/** A service that is not ready after so long has not recovered. Fifty times what a start takes on an idle machine. */
export const READY_TIMEOUT_MS = 60_000;

/** A service that was told to stop and has not ended after so long is taken to hang. */
export const STOP_TIMEOUT_MS = 45_000;

/** All of a round's batches are acknowledged within this time, kills and restarts included. */
export const SEND_TIMEOUT_MS = 90_000;

/** All that is spooled is loaded within this time once every service is up: ten times the longest pause between two tries. */
export const DRAIN_TIMEOUT_MS = 50_000;

/**
 * Longest load, in seconds, with several collectors. They hold back what another one may have for as long, until every load of it that was to
 * begin before is announced, so with the default of two minutes a round would last as long.
 */
export const LOAD_TIMEOUT_S = 4;

/** All that is spooled by several collectors is loaded within this time: ten times as long as they hold something back. */
export const DRAIN_CAREFUL_TIMEOUT_MS = 75_000;

/** Time between two looks at a condition. */
export const LOOK_PAUSE_MS = 10;

/** A connection that does not stand after so long is given up and tried anew: the collector was killed. */
export const CONNECT_TIMEOUT_MS = 1_000;

/** Pause after a connection that failed. */
export const RECONNECT_PAUSE_MS = 40;

/** A burst whose acknowledgements did not come in this time is sent again. */
export const ACK_TIMEOUT_MS = 10_000;

/** A query of the check may take so long. */
export const QUERY_TIMEOUT_MS = 30_000;

/** How often one batch is sent again on purpose; a collector that is down does not count. */
export const RESENDS_ON_PURPOSE_MAX = 4;

/** Acknowledged batches of earlier rounds that are kept to be sent again "after hours". */
export const VETERANS_MAX = 64;

/** Age at which a collector closes a segment; kills are aimed at the load that follows. */
export const SEGMENT_AGE_MS = 1_000;

/** Differences that are named when a round does not balance; the others are counted. */
export const FINDINGS_SHOWN_MAX = 8;
