import { faultCausesMax, fingerprintFramesMax, fingerprintMessageLengthMax, repeatedFramesMax } from '../limits.ts';
import { asError, stackLines, typeName } from './as-error.ts';
import { hash64 } from './hash64.ts';
import { normaliseFrame } from './normalise-frame.ts';
import { parseFrame } from './parse-frame.ts';

/** Says how a fingerprint was made: another way makes other groups, which must not be taken for new faults of the same way. */
const wayPrefix = '1-';

/**
 * What groups occurrences of one fault: a hash over the error's type and the innermost frames of its stack, and the same of its causes.
 *
 * It goes without messages, line numbers, roots of paths, hashes of bundlers, frames of the engine and depth of recursion, so that it stays
 * the same over versions and machines. Where there are no frames the message takes their place, without what varies in it. Names that a
 * minifier made change with each build, and the fingerprint with them.
 *
 * Pure. Does not throw on what is an `Error`; a getter that throws makes it throw.
 */
export function fingerprint(error: Error): string {
  return wayPrefix + hash64(describe(error, new Set()));
}

function describe(error: Error, seen: Set<unknown>): string {
  seen.add(error);
  const parts = [typeName(error), ...framesOrMessage(error)];
  if ('errors' in error && Array.isArray(error.errors)) {
    // In no order: which of several promises fails first is chance.
    const errors = [...new Set<unknown>(error.errors)]
      .slice(0, faultCausesMax)
      .map((inner) => describeInner(inner, seen));
    parts.push(...[...new Set(errors)].sort().map((text) => `one of: ${text}`));
  }
  if (error.cause !== undefined && error.cause !== null) {
    parts.push(`cause: ${describeInner(error.cause, seen)}`);
  }
  return parts.join('\n');
}

/** A cause, as long as it is a new one and the chain is not too long. */
function describeInner(inner: unknown, seen: Set<unknown>): string {
  const error = asError(inner);
  if (error === undefined) {
    return typeof inner;
  }
  return seen.has(error) || seen.size > faultCausesMax ? typeName(error) : describe(error, seen);
}

function framesOrMessage(error: Error): string[] {
  const frames: string[] = [];
  for (const line of stackLines(error)) {
    const frame = parseFrame(line);
    const normal = frame === undefined ? undefined : normaliseFrame(frame, frames.length === 0);
    if (normal !== undefined) {
      frames.push(normal);
    }
  }
  const kept = withoutRepetition(frames).slice(0, fingerprintFramesMax);
  return kept.length > 0 ? kept : [maskMessage(String(error.message))];
}

/** Without groups of frames that follow one another: recursion, which is as deep as the input or the engine's stack. */
function withoutRepetition(frames: readonly string[]): string[] {
  const kept: string[] = [];
  for (const frame of frames) {
    kept.push(frame);
    for (let size = 1; size <= repeatedFramesMax && 2 * size <= kept.length; size++) {
      if (kept.slice(-size).join('\n') === kept.slice(-2 * size, -size).join('\n')) {
        kept.splice(-size);
        break;
      }
    }
  }
  return kept;
}

/** A message without what differs from one occurrence to the next: texts in quotes, addresses, paths, numbers. */
function maskMessage(message: string): string {
  return message
    .slice(0, fingerprintMessageLengthMax)
    .replace(/(["'`]).*?\1/g, '"…"')
    .replace(/\b[a-z]+:\/\/\S+/gi, '…')
    .replace(/(?:[A-Za-z]:)?(?:[/\\][\w.@ -]+){2,}/g, '…')
    .replace(/\b[0-9a-f]*\d[0-9a-f]*\b/gi, '0');
}
