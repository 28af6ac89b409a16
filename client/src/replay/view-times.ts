/** 28 September 1999, 00:00 UTC, the day on which the pages were viewed. */
export const dayStartUnixUs = Date.UTC(1999, 8, 28) * 1000;
const dayUs = 86_400_000_000;

/** Between two views of a user, where that lets all of them fit into the day. */
const usualSpacingUs = 30_000_000;

/** When a user viewed pages: the first at `startUnixUs`, each further one `spacingUs` later. */
export interface ViewTimes {
  readonly startUnixUs: number;
  readonly spacingUs: number;
}

/**
 * Makes up the times of a user's views, for the file has none: whole microseconds that strictly grow and lie inside the day. They follow
 * from the number of the user and of the views alone, so that a second replay has the same ones.
 *
 * A view every 30 seconds, or as often as needed for the last one to fall into the day. The golden ratio spreads the users over the day.
 */
export function viewTimes(userNumber: number, viewCount: number): ViewTimes {
  const spacingUs = Math.min(usualSpacingUs, Math.floor(dayUs / (viewCount + 1)));
  const latestStartUs = dayUs - spacingUs * viewCount;
  const part = (Math.imul(userNumber, 0x9e3779b1) >>> 0) / 2 ** 32;
  return { startUnixUs: dayStartUnixUs + Math.floor(part * latestStartUs), spacingUs };
}
