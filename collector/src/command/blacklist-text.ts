import { toJson } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  Audience,
  type Blacklist,
  type BlacklistChange,
  BlacklistChangeSchema,
  type BlacklistEntry,
  BlacklistSchema,
} from '@telemetry/gen';

/** A time as people read it, in UTC to the second. */
export function timeText(time: Timestamp | undefined): string {
  return time === undefined ? '' : timestampDate(time).toISOString().replace('T', ' ').slice(0, 19);
}

/** What an entry bans, in a few words: `editor.legacy.* · product editor · from 4.0.0 · below 4.12.0 · internal`. */
export function entryText(entry: BlacklistEntry): string {
  return [banText(entry), ...conditionTexts(entry)].join(' · ');
}

/** The name that an entry bans; a star stands for the rest of those that begin so. */
export function banText({ match }: BlacklistEntry): string {
  if (match.case === 'eventName') return match.value;
  return match.case === 'eventNamePrefix' ? `${match.value}*` : '(nothing)';
}

/** The versions of an entry: `4.0.0 ≤ v < 4.12.0`, or empty for all. */
export function versionsText({ versionMin, versionBelow }: BlacklistEntry): string {
  if (versionMin === '' && versionBelow === '') return '';
  return `${versionMin === '' ? '' : `${versionMin} ≤ `}v${versionBelow === '' ? '' : ` < ${versionBelow}`}`;
}

/** The audience of an entry, or empty for every one. */
export function audienceText({ audience }: BlacklistEntry): string {
  if (audience === Audience.UNSPECIFIED) return '';
  if (audience === Audience.INTERNAL) return 'internal';
  return audience === Audience.EXTERNAL ? 'external' : String(audience);
}

/** When an entry ends; one that has ended says so. */
export function expiryText({ expireTime }: BlacklistEntry, nowMs: number): string {
  if (expireTime === undefined) return '';
  return timestampDate(expireTime).getTime() <= nowMs ? `expired ${timeText(expireTime)}` : timeText(expireTime);
}

/** The list as an object for `--json`, its names as in the protocol. */
export function listJson(list: Blacklist): object {
  const { entries = [] } = toJson(BlacklistSchema, list, { useProtoFieldName: true }) as { entries?: unknown[] };
  return { version: Number(list.version), entries };
}

/** A change as an object for `--json`. */
export function changeJson(change: BlacklistChange): object {
  const json = toJson(BlacklistChangeSchema, change, { useProtoFieldName: true }) as object;
  return { ...json, version: Number(change.version) };
}

function conditionTexts(entry: BlacklistEntry): string[] {
  const texts: string[] = [];
  if (entry.product !== '') texts.push(`product ${entry.product}`);
  if (entry.versionMin !== '') texts.push(`from ${entry.versionMin}`);
  if (entry.versionBelow !== '') texts.push(`below ${entry.versionBelow}`);
  if (entry.audience !== Audience.UNSPECIFIED) texts.push(audienceText(entry));
  if (entry.expireTime !== undefined) texts.push(`until ${timeText(entry.expireTime)}`);
  return texts;
}
