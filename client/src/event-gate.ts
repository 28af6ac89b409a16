import type { DropReason } from '@telemetry/gen/constants';
import type { TelemetryEvent } from './event.ts';

/** Why a gate lets an event not through. The event has its number by then, which is declared. */
export class EventRefusal {
  readonly reason: DropReason;
  /** What was wrong, for people. */
  readonly problem: string;
  /** Version of the blacklist that bans the event, where one does. */
  readonly blacklistVersion: number | undefined;

  constructor(reason: DropReason, problem: string, blacklistVersion?: number) {
    this.reason = reason;
    this.problem = problem;
    this.blacklistVersion = blacklistVersion;
  }
}

/**
 * Asked for each event before it is checked and encoded: consent, blacklist and privacy stand here. Gives the event back as it is, another
 * one in its place, or a refusal. Called for every event, so it makes nothing where nothing has to be changed.
 */
export interface EventGate {
  admit(event: TelemetryEvent): TelemetryEvent | EventRefusal;
}
