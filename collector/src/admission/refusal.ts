import { ErrorReason } from '@telemetry/gen';

/** A field that breaks a rule: where it is, and what is wrong with it. */
export interface Violation {
  readonly reason: ErrorReason;
  /** Path in the batch, such as `events[3].name`. Empty: the batch as a whole. */
  readonly field: string;
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

/**
 * Whether the same bytes may be taken later. `permanent` ones will be refused again; `retryable` ones are to be sent again after
 * `retryDelayMs`.
 */
export type Permanence = { readonly kind: 'permanent' } | { readonly kind: 'retryable'; readonly retryDelayMs: number };

/** A batch that is not taken. Thrown by admission, turned into a gRPC status or a stream acknowledgement at the edge. */
export class Refusal extends Error {
  readonly reason: ErrorReason;
  readonly field: string;
  readonly permanence: Permanence;

  constructor(violation: Violation, permanence: Permanence = { kind: 'permanent' }) {
    super(violation.message);
    this.name = 'Refusal';
    this.reason = violation.reason;
    this.field = violation.field;
    this.permanence = permanence;
  }

  /** The same refusal, seen from the message that holds this one in the field `parent`. */
  inside(parent: string): Refusal {
    const field = this.field === '' ? parent : `${parent}.${this.field}`;
    return new Refusal({ reason: this.reason, field, message: this.message }, this.permanence);
  }

  /** A batch that can be taken later: the client keeps it. */
  static retryable(reason: ErrorReason, message: string, retryDelayMs: number): Refusal {
    return new Refusal({ reason, field: '', message }, { kind: 'retryable', retryDelayMs });
  }

  /** Bytes that are not a message of the schema. */
  static malformed(field: string, message: string): Refusal {
    return new Refusal({ reason: ErrorReason.MALFORMED, field, message });
  }
}
