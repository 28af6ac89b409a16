import type { EventExtras, Telemetry } from './api.ts';
import type { EventData, TelemetryEvent } from './event.ts';
import { faultData } from './fault/fault-data.ts';
import { projectNamePrefix, standardNames } from './standard-names.ts';

/** The typed helpers: each makes an event and logs it. */
export type EventHelpers = Pick<
  Telemetry,
  'featureUsed' | 'fault' | 'measured' | 'sessionStarted' | 'sessionEnded' | 'projectActivity'
>;

/**
 * Makes the helpers.
 *
 * @param log takes what makes the event, so that whatever goes wrong in making it is an event dropped, and nothing thrown.
 * @param sessionMs how long the session has lasted; undefined when its start is not known.
 */
export function eventHelpers(
  log: (make: () => TelemetryEvent) => void,
  sessionMs: () => number | undefined,
): EventHelpers {
  return {
    featureUsed: (feature, extras = {}) =>
      log(() => {
        const { outcome, durationMs, count, ...rest } = extras;
        return withExtras(standardNames.featureUse, { kind: 'featureUse', feature, outcome, durationMs, count }, rest);
      }),
    fault: (thrown, extras = {}) =>
      log(() => {
        const data = faultData(thrown);
        const { severity, feature, fingerprint = data.fingerprint, ...rest } = extras;
        return withExtras(standardNames.fault, { ...data, severity, feature, fingerprint }, rest);
      }),
    measured: (metric, value, extras = {}) =>
      log(() => {
        const { unit, ...rest } = extras;
        return withExtras(standardNames.performance, { kind: 'performance', metric, value, unit }, rest);
      }),
    sessionStarted: (extras = {}) =>
      log(() => {
        const { firstRun, trigger, ...rest } = extras;
        return withExtras(standardNames.sessionStart, { kind: 'sessionStart', firstRun, trigger }, rest);
      }),
    sessionEnded: (extras = {}) =>
      log(() => {
        const { durationMs = sessionMs(), activeMs, reason, ...rest } = extras;
        return withExtras(standardNames.sessionEnd, { kind: 'sessionEnd', durationMs, activeMs, reason }, rest);
      }),
    projectActivity: (projectId, action, extras = {}) =>
      log(() => {
        const { projectType, itemCount, ...rest } = extras;
        const data: EventData = { kind: 'projectActivity', projectId, action, projectType, itemCount };
        return withExtras(`${projectNamePrefix}${action}`, data, rest);
      }),
  };
}

function withExtras(name: string, data: EventData, extras: EventExtras): TelemetryEvent {
  return { ...extras, name: extras.name ?? name, data };
}
