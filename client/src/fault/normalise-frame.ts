import type { StackFrame } from './parse-frame.ts';

/** Functions by which compilers bring awaited code to older engines. */
const helperNames =
  /^(?:__awaiter|__generator|asyncGeneratorStep|_next|_throw|fulfilled|rejected|step|tryCatch|adopt|regeneratorRuntime\b.*|(?:new )?Promise|Generator\..*)$/;

/**
 * A frame as it is on any machine, in any version and, where engines agree on names, in any engine; undefined: it says nothing.
 *
 * @param isInnermost whether it is the first that says something: the code that broke is never taken for a compiler's helper.
 */
export function normaliseFrame(frame: StackFrame, isInnermost: boolean): string | undefined {
  const name = withoutMarks(frame.functionName);
  if (isOfEngine(frame.source) || (!isInnermost && helperNames.test(name))) {
    return undefined;
  }
  return `${functionPart(name)}@${sourcePart(frame.source)}`;
}

/** Without what engines put before a name: that it was awaited, or called by a timer or a promise. */
function withoutMarks(name: string): string {
  return name.replace(/^(?:async[ *]|promise callback\*|(?:setTimeout|setInterval) handler\*|[\w ]+ handler\*)+/, '');
}

/** Whether the frame is the engine's own, or one that it makes up: `node:internal/…`, `[native code]`, `<anonymous>`, `index 0` of Promise.all. */
function isOfEngine(source: string): boolean {
  return /^(?:|\[native code\]|native|<anonymous>|index \d+|self-hosted|(?:node:|internal\/|resource:).*)$/.test(
    source,
  );
}

/** The last part of a name: engines differ in whether they name the object, and in how they write an anonymous function. */
function functionPart(name: string): string {
  if (name.endsWith('<')) {
    return '';
  }
  const plain = name
    .replace(/ \[as [^\]]*\]$/, '')
    .replace(/^(?:new|get|set|static) /, '')
    .replace(/\(.*$/, '');
  const last = plain.slice(Math.max(plain.lastIndexOf('.'), plain.lastIndexOf('/')) + 1).replace(/^#/, '');
  return /^(?:<anonymous>|anonymous|eval|eval code|global code|module code|function|arrow function|)$/.test(last)
    ? ''
    : last;
}

/** The part of a path that is the same wherever the application is installed: of a package its name and what follows, else the file. */
function sourcePart(source: string): string {
  const path = decoded(source)
    .replace(/[?#].*$/, '')
    .replaceAll('\\', '/');
  const packaged = path.lastIndexOf('/node_modules/');
  if (packaged >= 0) {
    return withHashlessFile(path.slice(packaged + '/node_modules/'.length));
  }
  return path.startsWith('wasm:') ? 'wasm' : withHashlessFile(path.slice(path.lastIndexOf('/') + 1));
}

function withHashlessFile(path: string): string {
  const start = path.lastIndexOf('/') + 1;
  return path.slice(0, start) + withoutHash(path.slice(start));
}

function decoded(source: string): string {
  try {
    return decodeURI(source);
  } catch {
    return source;
  }
}

/** A file name without the hash that a bundler put into it: "main.3f2a9c1b.js", "index-BxYz12_-.js", "chunk-ABCDEFGH.mjs". */
function withoutHash(fileName: string): string {
  const [, stem = fileName, extensions = ''] =
    /^(.+?)((?:\.(?:chunk|bundle|min))*\.[cm]?[jt]sx?)$/.exec(fileName) ?? [];
  const separated = /^(.*?)[.\-~_]([\w-]{8})$/.exec(stem) ?? /^(.*?)[.\-~_]([0-9a-zA-Z]{6,})$/.exec(stem);
  const [, name = '', hash = ''] = separated ?? [];
  if (isHash(hash)) {
    return `${name}${extensions}`;
  }
  return isHash(stem) ? extensions : fileName;
}

/** Hexadecimal digits with a number among them, or eight characters that are no word. */
function isHash(text: string): boolean {
  if (/^(?=.*\d)[0-9a-f]{6,}$/.test(text) || /^(?=.*\d)(?=.*[a-zA-Z])[0-9a-zA-Z]{16,}$/.test(text)) {
    return true;
  }
  return /^[\w-]{8}$/.test(text) && !/^[A-Z]?[a-z]+$/.test(text) && /\d|[A-Z].*[A-Z]|[a-z][A-Z]/.test(text);
}
