import { Durability, ErrorReason, Outcome } from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import { Pacer } from '../../client/src/pacer.ts';
import { decideAfterAck, defaultRetryPolicy, retryDelayMs } from '../../client/src/retry-decision.ts';
import { emptyAck } from '../../client/src/wire/decode-acks.ts';
import { ManualPlatform } from './support/manual-platform.ts';

const once = { kind: 'retryable', retryDelayMs: 0 } as const;

describe('the wait before the next attempt', () => {
  test('doubles up to a minute, and is random from nothing to that', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100_000].map((failures) =>
      Math.round(retryDelayMs(once, failures, defaultRetryPolicy, 1 - Number.EPSILON)),
    );
    expect(ceilings).toStrictEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(retryDelayMs(once, 5, defaultRetryPolicy, 0)).toBe(0);
    expect(retryDelayMs(once, 5, defaultRetryPolicy, 0.5)).toBe(4000);
  });

  test('begins after what the collector asked for, up to an hour', () => {
    expect(retryDelayMs({ kind: 'retryable', retryDelayMs: 7_000 }, 1, defaultRetryPolicy, 0)).toBe(7_000);
    expect(retryDelayMs({ kind: 'retryable', retryDelayMs: 7_000 }, 1, defaultRetryPolicy, 0.5)).toBe(7_250);
    expect(retryDelayMs({ kind: 'retryable', retryDelayMs: 1e12 }, 1, defaultRetryPolicy, 0)).toBe(3_600_000);
  });

  test('is minutes where a person has to mend something', () => {
    expect(retryDelayMs({ kind: 'permanent', retryDelayMs: 0 }, 1, defaultRetryPolicy, 0)).toBe(150_000);
    expect(retryDelayMs({ kind: 'permanent', retryDelayMs: 0 }, 9, defaultRetryPolicy, 0.999999)).toBeCloseTo(
      300_000,
      -1,
    );
  });
});

describe('the pacer', () => {
  test('counts failures within one wait as one, and forgets them after a success', async () => {
    const platform = new ManualPlatform();
    const pacer = new Pacer(defaultRetryPolicy, 16, platform);
    expect(pacer.failed(once, 1)).toBe(true);
    expect(pacer.failed(once, 1)).toBe(false);
    expect(pacer.remainingMs()).toBe(250);
    await platform.advance(250);
    expect(pacer.remainingMs()).toBe(0);
    pacer.failed(once, 1);
    expect(pacer.remainingMs()).toBe(500);
    expect(pacer.probing).toBe(true);
    await platform.advance(500);
    pacer.succeeded();
    expect(pacer.probing).toBe(false);
    pacer.failed(once, 1);
    expect(pacer.remainingMs()).toBe(250);
  });

  test('hurries through its own wait and not through the one that was asked for', () => {
    const platform = new ManualPlatform();
    const pacer = new Pacer(defaultRetryPolicy, 16, platform);
    pacer.failed({ kind: 'retryable', retryDelayMs: 1_000 }, 1);
    expect(pacer.remainingMs()).toBe(1_250);
    pacer.hurry(true);
    expect(pacer.remainingMs()).toBe(1_000);
    pacer.askedToWait(5_000);
    pacer.hurry(true);
    expect(pacer.remainingMs()).toBe(5_000);
  });
});

/** The table of the specification, "By reason", as far as it concerns batches. */
const decisions: Record<Exclude<keyof typeof ErrorReason, 'VERSION_CONFLICT' | 'INVALID_VALUE'>, string> = {
  UNSPECIFIED: 'rejected',
  MALFORMED: 'rejected',
  BAD_ENCODING: 'rejected',
  SEALED_TOO_LARGE: 'tooLarge',
  BATCH_TOO_LARGE: 'tooLarge',
  TOO_MANY_EVENTS: 'tooLarge',
  EMPTY: 'rejected',
  BAD_PRODUCER_ID: 'rejected',
  BAD_SEQUENCE: 'rejected',
  MISSING_FIELD: 'rejected',
  FIELD_TOO_LONG: 'rejected',
  TIME_OUT_OF_RANGE: 'rejected',
  RESERVED_FIELD: 'rejected',
  SEQUENCE_CONFLICT: 'rejected',
  OVERLOADED: 'retry',
  SHUTTING_DOWN: 'retry',
  STORAGE_UNAVAILABLE: 'retry',
  UNAUTHENTICATED: 'hold',
  PERMISSION_DENIED: 'hold',
  INTERNAL: 'retry',
  BAD_NUMBER: 'rejected',
};

describe('a refusal means for its batch', () => {
  for (const [name, decision] of Object.entries(decisions)) {
    test(`${name}: ${decision}`, () => {
      const reason = ErrorReason[name as keyof typeof ErrorReason];
      const ack = { ...emptyAck(), outcome: Outcome.REJECTED, rejection: { reason, message: '', field: '' } };
      expect(decideAfterAck(ack)).toBe(decision);
    });
  }

  test('a reason that is not known: refused for good; an outcome that is not known: again', () => {
    const rejection = { reason: 999 as ErrorReason, message: '', field: '' };
    expect(decideAfterAck({ ...emptyAck(), outcome: Outcome.REJECTED, rejection })).toBe('rejected');
    expect(decideAfterAck({ ...emptyAck(), outcome: 99 as Outcome })).toBe('retry');
    expect(decideAfterAck({ ...emptyAck(), outcome: Outcome.UNSPECIFIED })).toBe('retry');
    expect(decideAfterAck({ ...emptyAck(), outcome: Outcome.DEFERRED })).toBe('retry');
  });

  test('an acceptance that promises nothing: again; one that promises more than is known: taken', () => {
    expect(decideAfterAck({ ...emptyAck(), outcome: Outcome.ACCEPTED })).toBe('retry');
    expect(decideAfterAck({ ...emptyAck(), outcome: Outcome.ACCEPTED, durability: Durability.SPOOLED })).toBe('taken');
    expect(decideAfterAck({ ...emptyAck(), outcome: Outcome.DUPLICATE, durability: 99 as Durability })).toBe('taken');
  });
});
