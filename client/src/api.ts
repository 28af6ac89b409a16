import type { BlacklistOrigin } from './blacklist/blacklist-watcher.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type {
  CataloguedExtras,
  ContextOf,
  EventName,
  EventOf,
  NameOfKind,
  NeedsNoProperties,
  PartialProperties,
  PropertiesByName,
} from './catalogue/catalogued-event.ts';
import type { User } from './core.ts';
import type { DropReasonName } from './drop-reason-name.ts';
import type { ChannelError } from './errors.ts';
import type {
  EventData,
  EventTier,
  FaultData,
  FeatureUseData,
  ProjectActivityData,
  SessionEndData,
  TelemetryEvent,
} from './event.ts';
import type { ScrubCounts } from './privacy/scrub-counts.ts';

/** Whether the user agrees to being measured. */
export type Consent = 'granted' | 'denied';

/** What every helper takes besides its own: the parts of an event that are free. */
export interface EventExtras extends Pick<TelemetryEvent, 'properties' | 'measurements' | 'time'> {
  /** Name of the event. Default: the helper's own. */
  readonly name?: string | undefined;
  readonly tier?: EventTier | undefined;
}

/** What the helpers of a kind take besides their own. With a catalogue, the properties of the event that is named. */
export type ExtrasOf<C extends Catalogue | undefined, Kind extends EventData['kind']> = C extends Catalogue
  ? CataloguedExtras<C, Kind>
  : EventExtras;

/** Measures how long something takes, by a clock that never goes back. Stopped twice it logs once. */
export interface OpenTimer<Extras> {
  /** Time since the start, or from start to stop, in milliseconds. */
  readonly elapsedMs: number;
  /** Logs the time, with what came at the start and what comes now. */
  stop(extras: Extras): void;
  /** Logs nothing: what was measured came to nothing. */
  cancel(): void;
}

/** A timer that needs nothing to be stopped, so that the end of its block may do it: `using timer = telemetry.startTimer('open')`. */
export interface PerformanceTimer<Extras = EventExtras> extends OpenTimer<Extras> {
  stop(extras?: Extras): void;
  [Symbol.dispose](): void;
}

/** The timer of a catalogued event: one whose properties are required is stopped by hand, with these. */
export type TimerOf<C extends Catalogue, Name extends string> =
  NeedsNoProperties<C, Name> extends true
    ? PerformanceTimer<PropertiesByName<C, Name>>
    : OpenTimer<PropertiesByName<C, Name>>;

/** Starts timers. Without a catalogue it takes any metric; with one, the events of kind "performance". */
export type StartTimer<C extends Catalogue | undefined> = C extends Catalogue
  ? {
      <Name extends NameOfKind<C, 'performance'>>(name: Name): TimerOf<C, Name>;
      <Name extends NameOfKind<C, 'performance'>>(
        name: Name,
        extras: PropertiesByName<C, Name>,
      ): PerformanceTimer<PartialProperties<C, Name>>;
    }
  : (metric: string, extras?: EventExtras) => PerformanceTimer;

/** A name and properties that a child adds. */
export interface ChildOptions<C extends Catalogue | undefined = undefined> {
  /** Part of the application, such as "export": goes into the property "component", after the parent's and a dot. */
  readonly name?: string | undefined;
  /** As for `setContext`. */
  readonly context?: ContextOf<C> | undefined;
}

/**
 * Logs events. What a part of an application or a library is given, which has no business with the user or the end of the process.
 *
 * `C` is the catalogue whose events alone may be logged; undefined: none.
 */
export interface TelemetryLogger<C extends Catalogue | undefined = undefined> {
  /**
   * Logs an event: checks and encodes it, which takes microseconds, and returns. What is done to the object afterwards changes nothing.
   * An event that breaks a limit of the protocol, or is not as the catalogue wants it, is dropped, counted and declared; a `drop` handler is
   * told what was wrong with it.
   */
  log<Name extends EventName<C>>(event: EventOf<C, Name>): void;
  /** Logs that a feature was used. Event name: "feature.used". */
  featureUsed(feature: string, extras?: Omit<FeatureUseData, 'kind' | 'feature'> & ExtrasOf<C, 'featureUse'>): void;
  /**
   * Logs an error, whatever was thrown: its type, message, stack and causes, cut to the limits, and a fingerprint that is the same for the
   * same fault in other versions and on other machines. Event name: "fault.occurred".
   */
  fault(thrown: unknown, extras?: Pick<FaultData, 'severity' | 'feature' | 'fingerprint'> & ExtrasOf<C, 'fault'>): void;
  /** Logs a measurement, in milliseconds unless `unit` says otherwise. Event name: "performance.measured". */
  measured(
    metric: string,
    value: number,
    extras?: { readonly unit?: string | undefined } & ExtrasOf<C, 'performance'>,
  ): void;
  /** Starts to measure a time in milliseconds, which is logged as `measured` does it when the timer is stopped. */
  readonly startTimer: StartTimer<C>;
  /** Logs that the application started. Event name: "session.started". */
  sessionStarted(
    extras?: { readonly firstRun?: boolean | undefined; readonly trigger?: string | undefined } & ExtrasOf<
      C,
      'sessionStart'
    >,
  ): void;
  /** Logs that the application ended. Its length is filled in from the session's start. Event name: "session.ended". */
  sessionEnded(extras?: Omit<SessionEndData, 'kind'> & ExtrasOf<C, 'sessionEnd'>): void;
  /** Logs that something happened to a project. Event name: "project." and the action. */
  projectActivity(
    projectId: string,
    action: NonNullable<ProjectActivityData['action']>,
    extras?: Omit<ProjectActivityData, 'kind' | 'projectId' | 'action'> & ExtrasOf<C, 'projectActivity'>,
  ): void;
  /**
   * Adds properties to every event from now on, of this logger and its children; undefined takes one away, the others stay. What an event or a
   * child says for itself comes first. At most 32 in all, texts of at most 1,024 bytes. Values that cannot be are refused together, and
   * an `error` handler is told.
   */
  setContext(values: ContextOf<C>): void;
  /** A logger that adds to the context of this one. It shares numbers, queue and connection with it, and costs an object. */
  child(options: ChildOptions<C>): TelemetryLogger<C>;
}

/**
 * Logs events and brings them to a collector.
 *
 * Nothing here ever throws or rejects. Every event that is logged gets a number, and every number is accounted for:
 * `highestSeq = acknowledged + dropped + pending`, in `stats()` and to the collector, which is told of each dropped number and why.
 */
export interface Telemetry<C extends Catalogue | undefined = undefined> extends TelemetryLogger<C> {
  /**
   * Says who uses the application from now on; undefined: nobody is known. Events logged before keep their user. It ends the open batch,
   * so it is for a change of user in an application, and not for each request of a server. A user that cannot be makes nobody known, and an
   * `error` handler is told.
   */
  setUser(user: User | undefined): void;
  /**
   * Takes note of whether the user agrees to being measured. "denied" counts at once: nothing more is logged, what is queued, stored or on its
   * way is given up, and when the promise resolves, nothing of it is left and nothing is sent or kept any more, declarations included. When it is
   * granted again, the numbers given up are declared as opted out. Calls take effect one after the other.
   */
  setConsent(consent: Consent): Promise<ConsentResult>;
  /**
   * Sends what was logged so far, and resolves when it has been answered for or the time is over. A pause that the collector asked for is
   * kept. Keeps the process alive while it waits.
   *
   * @param options.timeoutMs how long to wait at most. Default: 5,000.
   */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult>;
  /**
   * Takes no more events, flushes, and closes the connection. What could not be sent in time is lost with the process; the result says how
   * much. Later calls get the same result.
   *
   * @param options.timeoutMs how long to wait at most. Default: 5,000.
   */
  shutdown(options?: { readonly timeoutMs?: number | undefined }): Promise<FlushResult>;
  /** What happened so far. */
  stats(): TelemetryStats;
  /**
   * Hears of acknowledgements, drops and failures, as they happen and outside of `log`. What a handler throws is swallowed and counted.
   *
   * @returns what takes the handler away again.
   */
  on<Name extends keyof TelemetryNotices>(name: Name, handler: (notice: TelemetryNotices[Name]) => void): () => void;
}

/** Where every event is. `highestSeq = acknowledged + dropped + pending`, always. */
export interface TelemetryLedger {
  /** Number of the newest event, which is how many were logged. */
  readonly highestSeq: number;
  /** Events that a collector has, for good. */
  readonly acknowledged: number;
  /** Events that were dropped on purpose: by the client, or by the collector as it took the rest of their batch. */
  readonly dropped: number;
  /** The same by reason; a reason that does not occur is not there. */
  readonly droppedByReason: Readonly<Partial<Record<DropReasonName, number>>>;
  /** Of the dropped events, those whose declaration no collector has acknowledged yet. */
  readonly undeclared: number;
  /** Events that wait, or were sent and have no answer. */
  readonly pending: number;
}

/** What `flush` and `shutdown` resolve to. */
export interface FlushResult extends TelemetryLedger {
  /** Whether everything that was logged before the call has been answered for. */
  readonly complete: boolean;
}

/** What `setConsent` resolves to. */
export interface ConsentResult {
  /** What is in force now. */
  readonly consent: Consent;
  /** Events of this client that were given up. */
  readonly droppedEvents: number;
  /** What could not be done, for people: who asks for the call again may succeed. Undefined: all was done. */
  readonly problem: string | undefined;
}

/** What happened so far. */
export interface TelemetryStats extends TelemetryLedger {
  /** Identity of this client in the events' keys: 32 hexadecimal digits. */
  readonly producerId: string;
  /** Memory that the pending events take, in bytes. */
  readonly queueBytes: number;
  /** Batches acknowledged so far. */
  readonly acknowledgedBatches: number;
  /** Of these, those that a collector had taken before: their first acknowledgement was lost. */
  readonly duplicateBatches: number;
  /** Whether a stream to the collector is open now. None is while there is nothing to send. */
  readonly connected: boolean;
  /** Connections that could not be made, or broke. */
  readonly connectionErrors: number;
  /** Exceptions of handlers. */
  readonly handlerErrors: number;
  /** Calls of `setUser`, `setContext` and `child` whose values were refused. */
  readonly refusedCalls: number;
  /** Events given to `log` after `shutdown`: not numbered and not sent. */
  readonly ignoredAfterShutdown: number;
  readonly consent: Consent;
  /** Events given to `log` while the consent was denied: not numbered and not sent. */
  readonly ignoredWithoutConsent: number;
  /** Version of the blacklist that the collector named last; 0: none so far. */
  readonly blacklistVersion: number;
  /** The blacklist in force here. */
  readonly blacklist: BlacklistStats;
  /** What was replaced in texts of external users, by what it looked like. */
  readonly scrubbed: ScrubCounts;
  /** Properties, measurements and project ids of external users that were left out: sensitive ones, and identities without a key. */
  readonly withheld: number;
}

/** The blacklist in force here. */
export interface BlacklistStats {
  /** 0: none so far. */
  readonly version: number;
  readonly entries: number;
  /** Lists refused, and times at which it could not be fetched or kept. The last good one stays in force. */
  readonly problems: number;
}

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
