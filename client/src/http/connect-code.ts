import type { CodeMeaning } from '../refused-publish.ts';

const meaningByCode: ReadonlyMap<string, CodeMeaning> = new Map<string, CodeMeaning>([
  ['invalid_argument', 'drop'],
  ['already_exists', 'drop'],
  ['failed_precondition', 'drop'],
  ['not_found', 'hold'],
  ['permission_denied', 'hold'],
  ['unimplemented', 'hold'],
  ['unauthenticated', 'hold'],
]);

/** A code of Connect; one that is not known may pass. */
export function codeMeaning(code: string): CodeMeaning {
  return meaningByCode.get(code) ?? 'retry';
}

const codeByHttpStatus: ReadonlyMap<number, string> = new Map([
  [400, 'internal'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'unimplemented'],
  [429, 'unavailable'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'unavailable'],
]);

/** The code of an answer that has none, as Connect has it: it came from something between client and collector. */
export function codeOfHttpStatus(status: number): string {
  return codeByHttpStatus.get(status) ?? 'unknown';
}
