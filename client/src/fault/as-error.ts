import { protocolLimits } from '@telemetry/gen/constants';

/** What was thrown, where it is an error: also one of another realm (a frame, a worker's context), which is no `Error` of this one. */
export function asError(thrown: unknown): Error | undefined {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
    ? (thrown as Error)
    : undefined;
}

/** The name of its class, as far as it says it. */
export function typeName(error: Error): string {
  return String(error.name) || 'Error';
}

/** The lines of a stack that hold frames: without the name and message that V8 puts in front of them, and without the spaces before each. */
export function stackLines(error: Error): string[] {
  const stack = String(error.stack ?? '').slice(0, protocolLimits.stackBytesMax);
  const first = stack.search(/^\s*at /m);
  if (first < 0 && stack.startsWith(String(error.name))) {
    return [];
  }
  const lines = stack.slice(Math.max(0, first)).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
