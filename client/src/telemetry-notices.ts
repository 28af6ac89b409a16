import type { BlacklistOrigin } from './blacklist/blacklist-watcher.ts';
import type { DropReasonName } from './drop-reason-name.ts';
import type { ChannelError } from './errors.ts';

/** What handlers hear of. */
export interface TelemetryNotices {
  /** A collector has taken a batch. */
  readonly ack: AckNotice;
  /** Another blacklist is in force, or one could not be. */
  readonly blacklist: BlacklistNotice;
  /** Events were dropped. Those of one turn of the event loop are told together. */
  readonly drop: DropNotice;
  /**
   * A connection could not be made, or broke, or the values of a call were refused. The client goes on by itself; `kind` says whether a person
   * has to mend something.
   */
  readonly error: ChannelError;
}

/** Another blacklist is in force, or one could not be. */
export interface BlacklistNotice {
  /** Version of the list in force. */
  readonly version: number;
  readonly entries: number;
  /** Whose list it was about: the collector's, or the copy that was kept. */
  readonly origin: BlacklistOrigin;
  /** Why a list was refused, or could not be fetched or kept, for people. Undefined: all is well, and the list is new. */
  readonly problem: string | undefined;
}

/** A collector has taken a batch. */
export interface AckNotice {
  /** Events that it has now. */
  readonly events: number;
  /** Events of the batch that it dropped. */
  readonly droppedEvents: number;
  /** Number of the first event; 0 for a batch of declarations alone. */
  readonly firstSeq: number;
  /** Number of the last event; 0 for a batch of declarations alone. */
  readonly lastSeq: number;
  /** How often the batch was sent. */
  readonly attempts: number;
  /** Whether a collector had taken it before, and only the acknowledgement was lost. */
  readonly duplicate: boolean;
}

/** Events were dropped. */
export interface DropNotice {
  readonly reason: DropReasonName;
  /** Number of the first of them. */
  readonly firstSeq: number;
  /** Number of the last of them. */
  readonly lastSeq: number;
  /** How many they are, which is fewer than from first to last when others lie between them. */
  readonly count: number;
  /** What was wrong with the first of them, for people. */
  readonly problem: string;
}
