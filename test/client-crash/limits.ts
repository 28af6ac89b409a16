/** Limits of the client's crash campaign. Times in milliseconds. */

/** A process that was told to end, and does not, hangs. Many times what the client allows itself. */
export const END_TIMEOUT_MS = 30_000;

/** Once the network is back and nobody is killed any more, the store is empty within this time: a full one is, at a dozen files a second. */
export const DRAIN_TIMEOUT_MS = 120_000;

/** All that was acknowledged is in the warehouse within this time. */
export const LOAD_TIMEOUT_MS = 50_000;

/** The store must have been empty for two looks, since a file that moves from one folder to another may be seen in neither. */
export const EMPTY_LOOKS = 3;

/** Differences that are named when a round does not balance; the others are counted. */
export const FINDINGS_SHOWN_MAX = 6;
