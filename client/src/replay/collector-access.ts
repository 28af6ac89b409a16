import { readFileSync } from 'node:fs';
import type { GrpcChannelOptions } from '../relay.ts';
import { type Given, OptionError, text } from './json-options.ts';

/** Paths of the files to encrypt with. */
export interface TlsPaths {
  readonly ca?: string;
  readonly certificate?: string;
  readonly privateKey?: string;
}

/** What a tool shows a collector: the key, and what to encrypt with. */
export type CollectorAccess = Pick<GrpcChannelOptions, 'key' | 'tls'>;

/** Reads the option `tls` of a tool: an object of paths, all of which may be left out; undefined when it is not there. */
export function tlsPaths(given: Given): TlsPaths | undefined {
  const paths = given['tls'];
  if (paths === undefined) {
    return undefined;
  }
  if (typeof paths !== 'object' || paths === null) {
    throw new OptionError('tls: not an object of paths; give {}, or some of ca, certificate and privateKey');
  }
  const names = ['ca', 'certificate', 'privateKey'].filter((name) => name in paths);
  return Object.fromEntries(names.map((name) => [name, text(paths as Given, name, 4096)]));
}

/** Reads the files, and adds the key, which comes by the environment. */
export function collectorAccess(paths: TlsPaths | undefined, key: string | undefined): CollectorAccess {
  const read = ([name, path]: [string, string]) => [name, readPem(path)] as const;
  const tls = paths === undefined ? {} : { tls: Object.fromEntries(Object.entries(paths).map(read)) };
  return { ...(key === undefined ? {} : { key }), ...tls };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OptionError(`tls: ${path} cannot be read`, { cause });
  }
}
