import type { ChildOptions, EventExtras, TelemetryLogger } from './api.ts';
import type { CandidateEvent, Catalogue } from './catalogue/catalogue.ts';
import type { TelemetryEvent } from './event.ts';
import { EventContext, readAnyContext } from './event-context.ts';
import { eventHelpers } from './event-helpers.ts';
import { performanceTimer } from './performance-timer.ts';
import { standardNames } from './standard-names.ts';

/** What a logger stands on. */
export interface LoggerBase {
  readonly catalogue: Catalogue | undefined;
  readonly monotonicMs: () => number;
  /** How long the session has lasted; undefined when its start is not known. */
  readonly sessionMs: () => number | undefined;
  /** Takes what makes the event and what completes it, so that whatever goes wrong in that is an event dropped, and nothing thrown. */
  log(make: () => CandidateEvent, complete: (event: CandidateEvent) => TelemetryEvent): void;
  /** Hears of a call whose values were refused. */
  refuse(call: string, thrown: unknown): void;
}

/** A logger without children and context so far. */
export function telemetryLogger(base: LoggerBase): TelemetryLogger {
  const { catalogue } = base;
  return logger(
    base,
    new EventContext(catalogue === undefined ? readAnyContext : (values) => catalogue.toContext(values)),
  );
}

function logger(base: LoggerBase, context: EventContext): TelemetryLogger {
  const { catalogue } = base;
  const complete = (event: CandidateEvent): TelemetryEvent => context.addTo(catalogued(catalogue, event));
  const log = (make: () => CandidateEvent): void => base.log(make, complete);
  const helpers = eventHelpers(log, base.sessionMs);
  const setContext = (target: EventContext, call: string, values: object): void => {
    try {
      target.set({ ...values });
    } catch (error) {
      base.refuse(call, error);
    }
  };
  return {
    log: (event: TelemetryEvent) => log(() => event),
    ...helpers,
    startTimer: (metric: string, extras: EventExtras = {}) =>
      performanceTimer(base.monotonicMs, extras, (elapsedMs, all) =>
        log(() => timed(catalogue, metric, elapsedMs, all)),
      ),
    setContext: (values) => setContext(context, 'setContext', values),
    child: (options: ChildOptions) => {
      const child = childContext(base, context, options);
      if (options?.context !== undefined) {
        setContext(child, 'child', options.context);
      }
      return logger(base, child);
    },
  };
}

function childContext(base: LoggerBase, parent: EventContext, options: ChildOptions): EventContext {
  try {
    return parent.child(options?.name);
  } catch (error) {
    base.refuse('child', error);
    return parent.child(undefined);
  }
}

/** Without a catalogue the event is what the types say, or `checkEvent` finds out. */
function catalogued(catalogue: Catalogue | undefined, event: CandidateEvent): TelemetryEvent {
  return catalogue === undefined ? (event as TelemetryEvent) : catalogue.toEvent(event);
}

/** With a catalogue a timer is started by the name of an event, whose definition says the metric. */
function timed(catalogue: Catalogue | undefined, metric: string, value: number, extras: EventExtras): CandidateEvent {
  const name = catalogue === undefined ? (extras.name ?? standardNames.performance) : metric;
  const data = { kind: 'performance', metric: catalogue === undefined ? metric : undefined, value, unit: 'ms' };
  return { ...extras, name, data };
}
