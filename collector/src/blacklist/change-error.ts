import type { ErrorReason } from '@telemetry/gen';

/** A change of the blacklist that cannot be made as it is. Permanent: whoever asked has to mend `field`. */
export class ChangeError extends Error {
  override readonly name = 'ChangeError';
  readonly reason: ErrorReason;
  /** Path in `ChangeBlacklistRequest`, such as `add[0].version_min`. */
  readonly field: string;

  constructor(reason: ErrorReason, field: string, message: string) {
    super(`${field}: ${message}`);
    this.reason = reason;
    this.field = field;
  }
}
