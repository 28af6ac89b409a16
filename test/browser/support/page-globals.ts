import type { createTelemetry, Telemetry } from '@telemetry/client/browser';

/** What scripts of a page find in `globalThis`, for functions that tests hand to it. */
declare global {
  var client: { createTelemetry: typeof createTelemetry };
  /** The client that a test has created there. */
  var telemetry: Telemetry;
  function addEventListener(type: string, listener: () => void, options?: { capture: boolean }): void;
}
