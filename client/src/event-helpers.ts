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
        const { outcome, durationMs, count } = extras;
        return withExtras(
          standardNames.featureUse,
          { kind: 'featureUse', feature, outcome, durationMs, count },
          extras,
        );
      }),
    fault: (thrown, extras = {}) =>
      log(() => {
        const data = faultData(thrown);
        const { severity, feature, fingerprint = data.fingerprint } = extras;
        return withExtras(standardNames.fault, { ...data, severity, feature, fingerprint }, extras);
      }),
    measured: (metric, value, extras = {}) =>
      log(() => {
        const { unit } = extras;
        return withExtras(standardNames.performance, { kind: 'performance', metric, value, unit }, extras);
      }),
    sessionStarted: (extras = {}) =>
      log(() => {
        const { firstRun, trigger } = extras;
        return withExtras(standardNames.sessionStart, { kind: 'sessionStart', firstRun, trigger }, extras);
      }),
    sessionEnded: (extras = {}) =>
      log(() => {
        const { durationMs = sessionMs(), activeMs, reason } = extras;
        return withExtras(standardNames.sessionEnd, { kind: 'sessionEnd', durationMs, activeMs, reason }, extras);
      }),
    projectActivity: (projectId, action, extras = {}) =>
      log(() => {
        const { projectType, itemCount } = extras;
        const data: EventData = { kind: 'projectActivity', projectId, action, projectType, itemCount };
        return withExtras(`${projectNamePrefix}${action}`, data, extras);
      }),
  };
}

/** Part by part, which takes a third of the time that it takes to copy the rest of an object. */
function withExtras(
  helpersName: string,
  data: EventData,
  { name, properties, measurements, tier, time }: EventExtras,
): TelemetryEvent {
  return { name: name ?? helpersName, data, properties, measurements, tier, time };
}
