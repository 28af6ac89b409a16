/** How often something was scrubbed out of a text, by what it looked like. */
export interface ScrubCounts {
  /** E-mail addresses. */
  readonly email: number;
  /** Paths that name a user, or lie on somebody's share. */
  readonly path: number;
  /** User, and password, of a URL. */
  readonly urlUser: number;
}

/** The same while it is counted. */
export type OpenScrubCounts = { -readonly [Kind in keyof ScrubCounts]: number };
