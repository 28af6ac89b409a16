import { stackLineLengthMax } from '../limits.ts';

/** A frame of a stack, whatever engine wrote it. */
export interface StackFrame {
  /** As the engine names it; empty: it has no name. */
  readonly functionName: string;
  /** Path or address of the source, without line and column; empty: there is none. */
  readonly source: string;
}

const position = /:\d+(?::\d+)?$/;

/** V8: `at name (source:1:2)`, `at source:1:2`, `at async name (…)`, `at eval (eval at name (source:1:2), <anonymous>:1:1)`. */
function parseV8(line: string): StackFrame | undefined {
  const text = /^at (.*)$/.exec(line)?.[1];
  if (text === undefined) {
    return undefined;
  }
  const named = /^(.*?) \((.*)\)$/.exec(text);
  if (named === null) {
    const source = text.replace(/^async /, '');
    return position.test(source) || source === '<anonymous>'
      ? { functionName: '', source: withoutPosition(source) }
      : undefined;
  }
  const [, functionName = '', place = ''] = named;
  // Code made at run time stands where the code that made it stands.
  const evaluated = /^eval at .*\(([^()]*)\)/.exec(place);
  return { functionName, source: withoutPosition(evaluated?.[1] ?? place) };
}

/**
 * SpiderMonkey and JavaScriptCore: `name@source:1:2`, `@source:1:2`, `name@[native code]`, and `source:1:2` alone. Of code made at run time
 * SpiderMonkey says where that was done: `name@source line 3 > eval:1:2`.
 */
function parseGecko(line: string): StackFrame | undefined {
  const at = line.indexOf('@');
  // A path may have an @ of its own, as that of a scoped package.
  const isNamed = at >= 0 && !line.slice(0, at).includes('://');
  const functionName = isNamed ? line.slice(0, at) : '';
  const source = isNamed ? line.slice(at + 1) : line;
  if (source !== '[native code]' && !position.test(source)) {
    return undefined;
  }
  return { functionName, source: withoutPosition(source.replace(/ line \d+ > .*$/, '')) };
}

function withoutPosition(source: string): string {
  return source.replace(position, '');
}

/** The frame that a trimmed line of a stack holds; undefined: none, it is a part of the message or a remark of the engine. */
export function parseFrame(line: string): StackFrame | undefined {
  return line.length > stackLineLengthMax ? undefined : (parseV8(line) ?? parseGecko(line));
}
