import { fromJsonString, toJsonString } from '@bufbuild/protobuf';
import { type BlacklistEntry, BlacklistEntrySchema } from '@telemetry/gen';

/** An entry as it is stored. */
export function entryToText(entry: BlacklistEntry): string {
  return toJsonString(BlacklistEntrySchema, entry);
}

/** An entry that was stored, by whichever version: conditions that this one does not know are left out. */
export function entryFromText(text: string): BlacklistEntry {
  return fromJsonString(BlacklistEntrySchema, text, { ignoreUnknownFields: true });
}
