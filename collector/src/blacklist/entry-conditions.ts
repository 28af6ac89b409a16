import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { BlacklistEntry } from '@telemetry/gen';
import { type BanConditions, banConditions } from '@telemetry/gen/bans';
import { byteTextOf } from './byte-text.ts';

/** The conditions of an entry that do not concern the name, ready to be compared; the product one character a byte, see `byte-text.ts`. */
export interface EntryConditions extends BanConditions {
  readonly entry: BlacklistEntry;
  /** Milliseconds since 1970; infinite when it stays. */
  readonly expireMs: number;
}

/** Prepares an entry. */
export function conditionsOf(entry: BlacklistEntry): EntryConditions {
  return {
    ...banConditions(entry),
    entry,
    product: byteTextOf(entry.product),
    expireMs: entry.expireTime === undefined ? Number.POSITIVE_INFINITY : timestampMs(entry.expireTime),
  };
}
