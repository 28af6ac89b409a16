import { protocolLimits } from '@telemetry/gen/constants';
import type { FaultData } from './event.ts';
import { truncateUtf8 } from './utf8.ts';

/** An error as the payload of a fault, cut to the protocol's limits. Takes whatever was thrown. */
export function faultData(thrown: unknown): FaultData {
  const { valueBytesMax, stackBytesMax } = protocolLimits;
  if (!(thrown instanceof Error)) {
    return { kind: 'fault', type: typeof thrown, message: truncateUtf8(String(thrown), valueBytesMax) };
  }
  const stack = frames(String(thrown.stack ?? ''), String(thrown.name));
  return {
    kind: 'fault',
    type: truncateUtf8(String(thrown.name) || 'Error', valueBytesMax),
    message: truncateUtf8(String(thrown.message), valueBytesMax),
    ...(stack === '' ? {} : { stack: truncateUtf8(stack, stackBytesMax) }),
  };
}

/** The frames of a stack, without the name and message that V8 puts in front of them, and without the spaces before each. */
function frames(stack: string, errorName: string): string {
  const first = stack.search(/^\s*at /m);
  if (first < 0 && stack.startsWith(errorName)) {
    return '';
  }
  const lines = stack.slice(Math.max(0, first)).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
