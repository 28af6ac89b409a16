import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = fileURLToPath(new URL('../../client/src', import.meta.url));

/** What a file imports, and what it exports from elsewhere. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)';|^import '([^']+)';/gm);
  return Array.from(statements, (match) => match[1] ?? match[2] ?? '');
}

/** Every package that a file needs, by itself or by what it imports. */
function packagesOf(entry: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const pending = [entry];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) {
      continue;
    }
    seen.add(file);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) {
        pending.push(relative(source, resolve(source, dirname(file), specifier)));
      } else {
        packages.add(specifier);
      }
    }
  }
  return packages;
}

test('the core needs neither Node nor gRPC, so that a browser can have it', () => {
  expect(readdirSync(source)).toContain('telemetry-client.ts');
  const core = ['@telemetry/gen/bans', '@telemetry/gen/constants'];
  expect([...packagesOf('telemetry-client.ts')].sort()).toStrictEqual(core);
  expect([...packagesOf('memory-delivery.ts')].sort()).toStrictEqual(['@telemetry/gen/constants']);
  expect([...packagesOf('resolve-options.ts')]).toStrictEqual(['@telemetry/gen/constants']);
  expect([...packagesOf('privacy/keyed-hash.ts')].sort()).toStrictEqual([
    '@noble/hashes/hmac.js',
    '@noble/hashes/sha2.js',
    '@noble/hashes/utils.js',
    '@telemetry/gen/constants',
  ]);
  expect([...packagesOf('memory.ts')].sort()).toStrictEqual([
    '@bufbuild/protobuf',
    '@telemetry/gen',
    '@telemetry/gen/constants',
  ]);
});

test('the whole client needs five packages, and never the engine', () => {
  const expected = [
    '@bufbuild/protobuf',
    '@grpc/grpc-js',
    '@noble/hashes/hmac.js',
    '@noble/hashes/sha2.js',
    '@noble/hashes/utils.js',
    '@telemetry/gen',
    '@telemetry/gen/bans',
    '@telemetry/gen/constants',
    '@telemetry/gen/google-rpc',
    '@telemetry/gen/grpc-service',
    'nice-grpc',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:os',
    'node:path',
    'node:zlib',
  ];
  expect([...packagesOf('index.ts')].sort()).toStrictEqual(expected);
  const ofRelay = expected.filter((name) => !name.startsWith('node:') && !name.startsWith('@noble/'));
  expect([...packagesOf('relay.ts')].sort()).toStrictEqual(ofRelay.filter((name) => name !== '@telemetry/gen/bans'));
});

test('an application has in a browser what it has in Node, but for gRPC', async () => {
  const node = Object.keys(await import('../../client/src/index.ts')).filter((name) => name !== 'grpcChannel');
  expect(Object.keys(await import('../../client/src/browser/index.ts')).sort()).toStrictEqual(node.sort());
});
