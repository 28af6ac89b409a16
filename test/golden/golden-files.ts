import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@bufbuild/protobuf';

/** Where the golden files lie. */
export const goldenFolder = join(import.meta.dirname, 'telemetry.v1');

/** What the manifest says of one golden file: `<name>.bin`, the bytes, and `<name>.json`, their meaning. */
export interface ManifestEntry {
  name: string;
  type: string;
  canonical: boolean;
  content?: string;
  binSha256: string;
  jsonSha256: string;
}

/** The manifest, in the order of the names. */
export function readManifest(): ManifestEntry[] {
  return JSON.parse(readFileSync(join(goldenFolder, 'manifest.json'), 'utf8'));
}

/** The bytes of a golden file. */
export function goldenBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(goldenFolder, `${name}.bin`)));
}

/** The JSON twin of a golden file, as text. */
export function goldenJsonText(name: string): string {
  return readFileSync(join(goldenFolder, `${name}.json`), 'utf8');
}

/** The JSON twin of a golden file, parsed. */
export function goldenJson(name: string): JsonValue {
  return JSON.parse(goldenJsonText(name));
}

/** The names of all golden files that are there, whatever the manifest says; both endings. */
export function presentFiles(): string[] {
  return readdirSync(goldenFolder)
    .filter((file) => file !== 'manifest.json')
    .sort();
}

/** SHA-256 in hexadecimal. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
