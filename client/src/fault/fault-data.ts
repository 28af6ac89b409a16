import { protocolLimits } from '@telemetry/gen/constants';
import type { FaultData } from '../event.ts';
import { faultCausesMax } from '../limits.ts';
import { truncateUtf8 } from '../utf8.ts';
import { asError, stackLines, typeName } from './as-error.ts';
import { fingerprint } from './fingerprint.ts';

const { valueBytesMax, stackBytesMax } = protocolLimits;

/** An error as the payload of a fault, cut to the protocol's limits. Takes whatever was thrown. */
export function faultData(thrown: unknown): FaultData {
  const error = asError(thrown);
  if (error === undefined) {
    return { kind: 'fault', type: typeof thrown, message: truncateUtf8(String(thrown), valueBytesMax) };
  }
  const stack = stackWithCauses(error);
  return {
    kind: 'fault',
    type: truncateUtf8(typeName(error), valueBytesMax),
    message: truncateUtf8(String(error.message), valueBytesMax),
    fingerprint: fingerprint(error),
    ...(stack === '' ? {} : { stack: truncateUtf8(stack, stackBytesMax) }),
  };
}

/** The frames, then those of each cause under the cause's type. Messages of causes are left out: one is enough to keep free of names. */
function stackWithCauses(error: Error): string {
  const lines = stackLines(error);
  const seen = new Set<unknown>([error]);
  let cause = asError(error.cause);
  while (cause !== undefined && !seen.has(cause) && seen.size <= faultCausesMax) {
    seen.add(cause);
    lines.push(`caused by ${typeName(cause)}`, ...stackLines(cause));
    cause = asError(cause.cause);
  }
  return lines.join('\n');
}
