import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Audience, type BlacklistEntry, type ChangeBlacklistRequest, ErrorReason, type Limits } from '@telemetry/gen';
import { compareSemanticVersions, parseSemanticVersion } from '@telemetry/gen/bans';
import { ChangeError } from './change-error.ts';

/** The years that a timestamp of protobuf may have, 1 to 9999, in seconds since 1970. */
const TIMESTAMP_S_MIN = -62_135_596_800n;
const TIMESTAMP_S_MAX = 253_402_300_799n;
const NANOS_PER_S = 1_000_000_000;
const KNOWN_AUDIENCES: ReadonlySet<number> = new Set([Audience.UNSPECIFIED, Audience.INTERNAL, Audience.EXTERNAL]);

/**
 * Checks a change by itself, whatever the list is.
 *
 * @param changedBy who, by the key or by the request
 * @param nowMs milliseconds since 1970
 * @throws ChangeError naming the field
 */
export function checkChange(request: ChangeBlacklistRequest, changedBy: string, limits: Limits, nowMs: number): void {
  const { add, removeIds, reason } = request;
  checkText('reason', reason, limits.valueBytesMax);
  if (reason.trim() === '') throw missing('reason', 'Say why, for those who read the history.');
  checkText('changed_by', changedBy, limits.identifierBytesMax);
  if (changedBy.trim() === '') throw missing('changed_by', 'Say who you are.');
  if (add.length === 0 && removeIds.length === 0)
    throw missing('add', 'Neither entries to add nor identifiers to remove.');
  checkCount('add', add.length, limits.blacklistEntriesMax);
  checkCount('remove_ids', removeIds.length, limits.blacklistEntriesMax);
  for (const [index, id] of removeIds.entries()) checkText(`remove_ids[${index}]`, id, limits.identifierBytesMax);
  for (const [index, entry] of add.entries()) checkEntry(`add[${index}]`, entry, limits, nowMs);
}

function checkEntry(path: string, entry: BlacklistEntry, limits: Limits, nowMs: number): void {
  const { match } = entry;
  if (match.case === undefined) throw missing(`${path}.event_name`, 'Name an event, or a prefix of names.');
  if (match.case === 'eventName' && match.value === '') throw missing(`${path}.event_name`, 'The name is empty.');
  if (match.case === 'eventNamePrefix' && match.value === '') {
    throw invalid(
      `${path}.event_name_prefix`,
      'An empty prefix would ban every event. Give its first letters at least.',
    );
  }
  checkText(
    `${path}.${match.case === 'eventName' ? 'event_name' : 'event_name_prefix'}`,
    match.value,
    limits.nameBytesMax,
  );
  checkText(`${path}.product`, entry.product, limits.identifierBytesMax);
  checkText(`${path}.reason`, entry.reason, limits.valueBytesMax);
  checkRange(path, entry, limits);
  if (!KNOWN_AUDIENCES.has(entry.audience)) {
    throw invalid(
      `${path}.audience`,
      `${entry.audience} is none that this version knows. Leave it out for every audience.`,
    );
  }
  checkExpireTime(path, entry, nowMs);
}

function checkRange(path: string, entry: BlacklistEntry, limits: Limits): void {
  const bound = (field: string, text: string) => {
    checkText(`${path}.${field}`, text, limits.identifierBytesMax);
    const version = parseSemanticVersion(text);
    if (text !== '' && version === undefined) {
      throw invalid(
        `${path}.${field}`,
        `"${text}" is not a semantic version. Write all three numbers, such as 4.12.0.`,
      );
    }
    return version;
  };
  const min = bound('version_min', entry.versionMin);
  const below = bound('version_below', entry.versionBelow);
  if (min !== undefined && below !== undefined && compareSemanticVersions(min, below) >= 0) {
    throw invalid(
      `${path}.version_below`,
      `No version is from ${entry.versionMin} on and below ${entry.versionBelow}.`,
    );
  }
}

function checkExpireTime(path: string, { expireTime }: BlacklistEntry, nowMs: number): void {
  if (expireTime === undefined) return;
  const { seconds, nanos } = expireTime;
  if (seconds < TIMESTAMP_S_MIN || seconds > TIMESTAMP_S_MAX || nanos < 0 || nanos >= NANOS_PER_S) {
    throw invalid(`${path}.expire_time`, 'Not a time of the years 1 to 9999.');
  }
  if (timestampMs(expireTime) <= nowMs) {
    throw invalid(`${path}.expire_time`, `${new Date(timestampMs(expireTime)).toISOString()} has passed.`);
  }
}

function checkText(field: string, text: string, sizeBytesMax: number): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= sizeBytesMax) return;
  throw new ChangeError(ErrorReason.FIELD_TOO_LONG, field, `${sizeBytes} bytes; at most ${sizeBytesMax}. Shorten it.`);
}

function checkCount(field: string, count: number, countMax: number): void {
  if (count <= countMax) return;
  const message = `${count} in one change; at most ${countMax}. Make several changes of it.`;
  throw new ChangeError(ErrorReason.FIELD_TOO_LONG, field, message);
}

function missing(field: string, message: string): ChangeError {
  return new ChangeError(ErrorReason.MISSING_FIELD, field, message);
}

function invalid(field: string, message: string): ChangeError {
  return new ChangeError(ErrorReason.INVALID_VALUE, field, message);
}
