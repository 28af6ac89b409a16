import type { createTelemetry, Telemetry } from '@telemetry/client/browser';
import type { indexedDbStore } from '@telemetry/client/browser-store';

/** What scripts of a page find in `globalThis`, for functions that tests hand to it. */
declare global {
  var client: { createTelemetry: typeof createTelemetry; indexedDbStore: typeof indexedDbStore };
  /** The client that a test has created there. */
  var telemetry: Telemetry;
  /** What the client there has told its `error` handlers. */
  var errors: string[];
  function dispatchEvent(event: Event): boolean;
  function addEventListener(type: string, listener: () => void, options?: { capture: boolean }): void;
}
