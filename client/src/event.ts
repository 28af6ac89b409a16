/** How long an event is worth keeping: product questions, high volume that is soon worthless, or business records kept for years. */
export type EventTier = 'standard' | 'diagnostic' | 'long';

/** One thing that happened, as the application says it. */
export interface TelemetryEvent {
  /** What happened, in lower case with dots, such as "page.viewed". Required, at most 256 bytes. */
  readonly name: string;
  /** The typed payload that the curated views read. None is valid: the event then counts by its name. */
  readonly data?: EventData | undefined;
  /** What the developer adds as text. At most 128 together with `measurements`; names at most 128 bytes, values 8,192. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** What the developer adds as numbers. Not a number and infinities make the event invalid. */
  readonly measurements?: Readonly<Record<string, number>> | undefined;
  /** How long the event is worth keeping. Default: standard. */
  readonly tier?: EventTier | undefined;
  /** When it happened, where that is not now: a date, or milliseconds since 1970-01-01T00:00:00 UTC (parts of one are kept). */
  readonly time?: Date | number | undefined;
}

/** The typed payloads, told apart by `kind`. */
export type EventData =
  | FeatureUseData
  | FaultData
  | PerformanceData
  | SessionStartData
  | SessionEndData
  | ProjectActivityData;

/** A feature of the application was used. */
export interface FeatureUseData {
  readonly kind: 'featureUse';
  /** The feature. Required, at most 256 bytes. */
  readonly feature: string;
  /** How the use ended. Default: counts as a success. */
  readonly outcome?: 'success' | 'failure' | 'cancelled' | undefined;
  /** How long the use took. */
  readonly durationMs?: number | undefined;
  /** How many uses this event stands for. Default: 1. */
  readonly count?: number | undefined;
}

/** Something broke. */
export interface FaultData {
  readonly kind: 'fault';
  /** Type of the error, such as "TypeError". Required, at most 8,192 bytes. */
  readonly type: string;
  /** Message without personal data, at most 8,192 bytes. */
  readonly message?: string | undefined;
  /** Stack trace, innermost frame first, one frame a line, at most 65,536 bytes. */
  readonly stack?: string | undefined;
  /** What groups occurrences of the same fault. Default: `fault` makes one of type and stack; without one the warehouse groups by type. */
  readonly fingerprint?: string | undefined;
  /** How bad it was. Default: counts as an error. */
  readonly severity?: 'warning' | 'error' | 'crash' | undefined;
  /** The feature in use when it broke. */
  readonly feature?: string | undefined;
}

/** A measurement of speed or size. */
export interface PerformanceData {
  readonly kind: 'performance';
  /** What was measured, such as "document.open". Required, at most 256 bytes. */
  readonly metric: string;
  /** The measured value, in `unit`. */
  readonly value: number;
  /** Unit in UCUM notation, such as "ms", "By" or "1". Default: milliseconds. */
  readonly unit?: string | undefined;
}

/** The application started. */
export interface SessionStartData {
  readonly kind: 'sessionStart';
  /** Whether this is the first start after installation. */
  readonly firstRun?: boolean | undefined;
  /** How it was started, such as "user", "file" or "update". */
  readonly trigger?: string | undefined;
}

/** The application ended. */
export interface SessionEndData {
  readonly kind: 'sessionEnd';
  /** Length of the session. */
  readonly durationMs?: number | undefined;
  /** Part of it during which the user was active. */
  readonly activeMs?: number | undefined;
  /** Why it ended. */
  readonly reason?: 'closed' | 'crashed' | 'timedOut' | undefined;
}

/** Something happened to a project, document or workspace of the user. */
export interface ProjectActivityData {
  readonly kind: 'projectActivity';
  /** Identifier of the project, hashed for external users. Required, at most 256 bytes. */
  readonly projectId: string;
  /** What happened. */
  readonly action?: 'created' | 'opened' | 'saved' | 'built' | 'closed' | undefined;
  /** Kind of project, such as "typescript" or "spreadsheet". */
  readonly projectType?: string | undefined;
  /** Number of items (files, sheets, pages) in it. */
  readonly itemCount?: number | undefined;
}
