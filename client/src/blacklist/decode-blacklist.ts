import type { Audience } from '@telemetry/gen/constants';
import { ByteReader } from '../wire/byte-reader.ts';
import { decodeTimestampMs } from '../wire/decode-time.ts';

/** An entry of the blacklist, without what is for people. */
export interface BlacklistEntry {
  /** Name that is banned; empty: none by its whole name. */
  readonly eventName: string;
  /** Beginning of the names that are banned; empty: none by prefix. */
  readonly eventNamePrefix: string;
  readonly product: string;
  readonly versionMin: string;
  readonly versionBelow: string;
  readonly audience: Audience;
  /** Milliseconds since 1970-01-01T00:00:00 UTC from which on it bans nothing; infinite when it stays. */
  readonly expireMs: number;
}

/** A `telemetry.v1.Blacklist`. */
export interface Blacklist {
  /** Version of the meaning; this client knows 1. */
  readonly apiVersion: number;
  /** Version of the content. */
  readonly version: number;
  readonly entries: readonly BlacklistEntry[];
}

/**
 * Decodes a `telemetry.v1.Blacklist`.
 *
 * @throws WireError when the bytes are not one.
 */
export function decodeBlacklist(bytes: Uint8Array): Blacklist {
  const reader = new ByteReader(bytes);
  const entries: BlacklistEntry[] = [];
  let apiVersion = 0;
  let version = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) {
      apiVersion = reader.varint();
    } else if (tag === 0x10) {
      version = reader.varint();
    } else if (tag === 0x1a) {
      entries.push(decodeEntry(reader.message()));
    } else {
      reader.skip(tag);
    }
  }
  return { apiVersion, version, entries };
}

function decodeEntry(reader: ByteReader): BlacklistEntry {
  const entry = {
    eventName: '',
    eventNamePrefix: '',
    product: '',
    versionMin: '',
    versionBelow: '',
    audience: 0 as Audience,
    expireMs: Number.POSITIVE_INFINITY,
  };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x12) {
      // A `oneof`: of several the last one counts.
      entry.eventName = reader.text();
      entry.eventNamePrefix = '';
    } else if (tag === 0x1a) {
      entry.eventNamePrefix = reader.text();
      entry.eventName = '';
    } else if (tag === 0x22) {
      entry.product = reader.text();
    } else if (tag === 0x2a) {
      entry.versionMin = reader.text();
    } else if (tag === 0x32) {
      entry.versionBelow = reader.text();
    } else if (tag === 0x38) {
      entry.audience = reader.varint() as Audience;
    } else if (tag === 0x4a) {
      entry.expireMs = decodeTimestampMs(reader.message());
    } else {
      reader.skip(tag);
    }
  }
  return entry;
}
