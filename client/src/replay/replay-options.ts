import { protocolLimits } from '@telemetry/gen/constants';
import { type TlsPaths, tlsPaths } from './collector-access.ts';
import { flag, parseObject, text, wholeNumber } from './json-options.ts';
import { streamsMax } from './limits.ts';

/** What a replay is told to do. */
export interface ReplayOptions {
  /** Path of the sequence file, or "-" for the standard input. */
  readonly file: string;
  /** `host:port` of the collector. */
  readonly address: string;
  /** How many users to send. Default: all of the file. */
  readonly limit: number | undefined;
  /** Makes the identities, and so the sealed batches, repeatable. Default: random ones. */
  readonly producerSeed: string | undefined;
  /** Streams in parallel. */
  readonly streams: number;
  /** Name of the product whose pages were viewed. */
  readonly product: string;
  /** Whether the result is one line of JSON. */
  readonly json: boolean;
  /** Whether to show on stderr how far it is. */
  readonly progress: boolean;
  /** What to encrypt with. Default: nothing is encrypted. */
  readonly tls: TlsPaths | undefined;
}

/** Bytes of a product name; the ids of users, sessions and machines begin with its first part, so 32 bytes are left for the rest. */
const productBytesMax = protocolLimits.identifierBytesMax - 32;

/**
 * Reads the options from JSON, as the command hands them over.
 *
 * @throws OptionError naming the option that is wrong, and what is expected.
 */
export function parseReplayOptions(json: string | undefined): ReplayOptions {
  const given = parseObject(json);
  return {
    file: text(given, 'file', 4096),
    address: text(given, 'address', 1024),
    limit: given['limit'] === undefined ? undefined : wholeNumber(given, 'limit', Number.MAX_SAFE_INTEGER),
    producerSeed: given['producerSeed'] === undefined ? undefined : text(given, 'producerSeed', 1024),
    streams: wholeNumber(given, 'streams', streamsMax),
    product: text(given, 'product', productBytesMax),
    json: flag(given, 'json'),
    progress: flag(given, 'progress'),
    tls: tlsPaths(given),
  };
}
