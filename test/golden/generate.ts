/**
 * Writes the golden files that are missing: `node test/golden/generate.ts`, by hand, after the schema has grown.
 *
 * It only ever adds. A file that is there holds what some client has sent or some collector has answered, and every later version
 * must read it; where the code of today would write another one under the same name, it stops and asks for a new name.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { allCases } from './all-cases.ts';
import type { GoldenCase } from './golden-case.ts';
import { goldenBytes, goldenFolder, type ManifestEntry, readManifest, sha256 } from './golden-files.ts';
import { goldenRegistry } from './registry.ts';
import { sameGolden } from './same-golden.ts';

const manifestPath = join(goldenFolder, 'manifest.json');

function addCase(golden: GoldenCase): ManifestEntry {
  const message = fromBinary(golden.schema, golden.bytes);
  const json = `${JSON.stringify(toJson(golden.schema, message, { registry: goldenRegistry }), undefined, 2)}\n`;
  writeFileSync(join(goldenFolder, `${golden.name}.bin`), golden.bytes, { flag: 'wx' });
  writeFileSync(join(goldenFolder, `${golden.name}.json`), json, { flag: 'wx' });
  return {
    name: golden.name,
    type: golden.schema.typeName,
    canonical: golden.canonical,
    ...(golden.content === undefined ? {} : { content: golden.content }),
    binSha256: sha256(golden.bytes),
    jsonSha256: sha256(json),
  };
}

const manifest = existsSync(manifestPath) ? readManifest() : [];
const known = new Set(manifest.map((entry) => entry.name));
const added: ManifestEntry[] = [];
for (const golden of allCases()) {
  if (!known.has(golden.name)) {
    added.push(addCase(golden));
  } else if (!sameGolden(golden, goldenBytes(golden.name))) {
    throw new Error(`${golden.name} would change: golden files never do. Give the new one another name or generation.`);
  }
}
const entries = [...manifest, ...added].sort((a, b) => (a.name < b.name ? -1 : 1));
writeFileSync(manifestPath, `${JSON.stringify(entries, undefined, 2)}\n`);
process.stdout.write(`${added.length} golden files added, ${manifest.length} were there\n`);
