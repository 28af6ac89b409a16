import type { ErrorReason } from '@telemetry/gen/constants';

/** Whether the same thing may succeed later. */
export type FailureKind = 'retryable' | 'permanent';

/**
 * What the client tells `error` handlers. Nothing of this is ever thrown at the application: the client goes on by itself, and a permanent
 * failure is one that somebody has to mend (a key, an address) before events flow again.
 */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly kind: FailureKind;
  /** The collector's reason, where it gave one. */
  readonly reason: ErrorReason | undefined;
  /** When to try again at the earliest, in milliseconds from now, where the collector said it. */
  readonly retryDelayMs: number;

  constructor(
    message: string,
    details: {
      kind: FailureKind;
      reason?: ErrorReason | undefined;
      retryDelayMs?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.reason = details.reason;
    this.retryDelayMs = details.retryDelayMs ?? 0;
  }
}

/** Whatever was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What was thrown, for people; it may be something that cannot even be described. */
export function describe(thrown: unknown): string {
  try {
    return toError(thrown).message;
  } catch {
    return 'what was given could not be read';
  }
}
