import { DropReason } from '@telemetry/gen/constants';
import type { TelemetryEvent } from './event.ts';
import { type EventGate, EventRefusal } from './event-gate.ts';

/** Looks at each event before it is sent, changes it or keeps it back. */
export type BeforeLog = (event: TelemetryEvent) => TelemetryEvent | null | undefined;

const keptBack = new EventRefusal(DropReason.SAMPLED, 'the application’s own beforeLog kept it back');

/** The application's own rule before a gate. What the rule throws makes the event invalid. */
export function applicationGate(beforeLog: BeforeLog | undefined, gate: EventGate): EventGate {
  if (beforeLog === undefined) {
    return gate;
  }
  return {
    admit(event) {
      const changed = beforeLog(event);
      return changed === null || changed === undefined ? keptBack : gate.admit(changed);
    },
  };
}
