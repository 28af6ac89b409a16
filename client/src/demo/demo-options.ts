import { type TlsPaths, tlsPaths } from '../replay/collector-access.ts';
import { type Given, OptionError, parseObject, text, wholeNumber } from '../replay/json-options.ts';
import { sessionsPerSecondDefault, sessionsPerSecondMax, usersMax } from './limits.ts';

/** What a demo is told to do. */
export interface DemoOptions {
  /** `host:port` of the collector. */
  readonly address: string;
  /** How many users there are. */
  readonly users: number;
  /** Makes users and sessions repeatable. Default: others each time. */
  readonly seed: string | undefined;
  /** Sessions that begin in a second, on average. Default: `sessionsPerSecondDefault`. */
  readonly sessionsPerSecond: number;
  /** What to encrypt with. Default: nothing is encrypted. */
  readonly tls: TlsPaths | undefined;
}

/**
 * Reads the options from JSON, as the command hands them over.
 *
 * @throws OptionError naming the option that is wrong, and what is expected.
 */
export function parseDemoOptions(json: string | undefined): DemoOptions {
  const given = parseObject(json);
  return {
    address: text(given, 'address', 1024),
    users: wholeNumber(given, 'users', usersMax),
    seed: given['seed'] === undefined ? undefined : text(given, 'seed', 1024),
    sessionsPerSecond: given['sessionsPerSecond'] === undefined ? sessionsPerSecondDefault : rate(given),
    tls: tlsPaths(given),
  };
}

function rate(given: Given): number {
  const value = given['sessionsPerSecond'];
  if (typeof value !== 'number' || !(value > 0 && value <= sessionsPerSecondMax)) {
    throw new OptionError(
      `sessionsPerSecond: ${JSON.stringify(value)} is not a number above 0, up to ${sessionsPerSecondMax}`,
    );
  }
  return value;
}
