import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';

type Encoding = {
  /** What the engine calls it. */
  readonly engineName: string;
  /** For statements, which we must read ourselves. Data is unpacked by the engine. */
  readonly unpack?: () => Transform;
};

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  identity: { engineName: 'none' },
  gzip: { engineName: 'gzip', unpack: createGunzip },
  'x-gzip': { engineName: 'gzip', unpack: createGunzip },
  deflate: { engineName: 'deflate', unpack: createInflate },
  br: { engineName: 'br', unpack: createBrotliDecompress },
  zstd: { engineName: 'zstd', unpack: createZstdDecompress },
  lz4: { engineName: 'lz4' },
  xz: { engineName: 'xz' },
  bz2: { engineName: 'bz2' },
};

/** @throws ClickHouseException for a Content-Encoding that the engine does not know. */
export function contentEncoding(header: string | undefined): Encoding {
  const name = header?.trim().toLowerCase() || 'identity';
  const encoding = Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined;
  if (encoding === undefined) {
    throw ClickHouseException.of('NOT_IMPLEMENTED', `Unknown Content-Encoding ${JSON.stringify(name)}`);
  }
  return encoding;
}
