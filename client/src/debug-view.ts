import type { TelemetryNotices } from './api.ts';
import { type EventGate, EventRefusal } from './event-gate.ts';
import type { Listeners } from './listeners.ts';

/** Takes a line for a developer. What it throws is swallowed. */
export type DebugWriter = (line: string) => void;

/** A gate that tells a developer of every event in the form in which it is sent. */
export function debugGate(write: DebugWriter | undefined, gate: EventGate): EventGate {
  if (write === undefined) {
    return gate;
  }
  return {
    admit(event) {
      const admitted = gate.admit(event);
      if (!(admitted instanceof EventRefusal)) {
        const { name, ...rest } = admitted;
        tell(write, () => `telemetry: ${name} ${JSON.stringify(rest)}`);
      }
      return admitted;
    },
  };
}

/** Tells a developer what becomes of events. */
export function debugNotices(write: DebugWriter | undefined, listeners: Listeners<TelemetryNotices>): void {
  if (write === undefined) {
    return;
  }
  listeners.on('ack', ({ firstSeq, lastSeq, events, attempts }) =>
    tell(write, () => `telemetry: acknowledged ${firstSeq} to ${lastSeq}, ${events} events, attempt ${attempts}`),
  );
  listeners.on('drop', ({ firstSeq, lastSeq, count, reason, problem }) =>
    tell(write, () => `telemetry: dropped ${firstSeq} to ${lastSeq}, ${count} events, as ${reason}: ${problem}`),
  );
  listeners.on('blacklist', ({ version, entries, problem }) =>
    tell(
      write,
      () => `telemetry: blacklist ${version}, ${entries} entries${problem === undefined ? '' : `: ${problem}`}`,
    ),
  );
  listeners.on('error', ({ kind, message }) => tell(write, () => `telemetry: ${kind} failure: ${message}`));
}

function tell(write: DebugWriter, line: () => string): void {
  try {
    write(line());
  } catch {
    // A debugger's mistake is not to cost an event.
  }
}
