import { blacklistBytesMax } from '../limits.ts';
import { type Blacklist, decodeBlacklist } from './decode-blacklist.ts';

/** The version of the meaning that this client knows. */
const knownApiVersion = 1;

/**
 * What a list is to a client that has another: newer, and to be taken; the same; or refused, with what is wrong with it, for people.
 */
export type BlacklistJudgement =
  | { readonly kind: 'newer'; readonly list: Blacklist }
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * Judges the bytes of a list, from wherever they come. A list that is bad, older or of a meaning that is not known never takes the place of
 * a good one.
 *
 * @param version of the list that the client has; 0: none
 */
export function judgeBlacklist(bytes: Uint8Array, version: number): BlacklistJudgement {
  if (bytes.length > blacklistBytesMax) {
    return refused(`it has ${bytes.length} bytes, at most ${blacklistBytesMax} are read`);
  }
  let list: Blacklist;
  try {
    list = decodeBlacklist(bytes);
  } catch {
    return refused('it cannot be read');
  }
  if (list.apiVersion !== knownApiVersion) {
    return refused(`it is of API version ${list.apiVersion}, this client knows ${knownApiVersion}`);
  }
  if (!Number.isSafeInteger(list.version)) {
    return refused(`its version ${list.version} is not a number that can be compared`);
  }
  if (list.version < version) {
    return refused(`its version ${list.version} is older than ${version}`);
  }
  return list.version === version ? { kind: 'same' } : { kind: 'newer', list };
}

function refused(problem: string): BlacklistJudgement {
  return { kind: 'refused', problem };
}
