import fs from 'node:fs';
import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import type { Step } from './child-options.ts';
import type { CrashCounter } from './crash-counter.ts';

type Operation = (this: unknown, ...parameters: unknown[]) => unknown;

const fileSteps: readonly [keyof typeof files & string, Step][] = [
  ['open', 'open'],
  ['rename', 'rename'],
  ['link', 'link'],
  ['unlink', 'remove'],
  ['rm', 'remove'],
  ['readdir', 'list'],
  ['readFile', 'read'],
];

const exitSteps: readonly [keyof typeof fs & string, Step][] = [
  ['openSync', 'open'],
  ['renameSync', 'rename'],
  ['fdatasyncSync', 'flush'],
  ['fsyncSync', 'flush'],
];

const handleSteps: readonly [keyof FileHandle & string, Step][] = [
  ['datasync', 'flush'],
  ['sync', 'flush'],
  ['utimes', 'beat'],
];

/** Lets a counter see every operation on files that this process makes from now on: the calls themselves, whoever makes them. */
export async function watchFiles(counter: CrashCounter): Promise<void> {
  const handle = await files.open(tmpdir(), 'r');
  const prototype = Object.getPrototypeOf(handle) as Record<string, Operation>;
  await handle.close();
  for (const [name, step] of fileSteps) {
    replace(files as unknown as Record<string, Operation>, name, (operation) => watched(operation, step, counter));
  }
  for (const [name, step] of handleSteps) {
    replace(prototype, name, (operation) => watched(operation, step, counter));
  }
  replace(prototype, 'writeFile', (operation) => watchedWrite(operation, counter));
  for (const [name, step] of exitSteps) {
    replace(fs as unknown as Record<string, Operation>, name, (operation) => watchedNow(operation, step, counter));
  }
  replace(fs as unknown as Record<string, Operation>, 'writeSync', (operation) =>
    watchedNow(operation, 'write', counter),
  );
  syncBuiltinESMExports();
}

function replace(holder: Record<string, Operation>, name: string, wrap: (operation: Operation) => Operation): void {
  const operation = holder[name];
  if (operation === undefined) {
    throw new Error(`this version of Node has no ${name}`);
  }
  holder[name] = wrap(operation);
}

function watched(operation: Operation, step: Step, counter: CrashCounter): Operation {
  return async function (this: unknown, ...parameters) {
    const moment = counter.begin(step);
    const result = await operation.apply(this, parameters);
    if (moment === 'after') {
      counter.die();
    }
    return result;
  };
}

function watchedNow(operation: Operation, step: Step, counter: CrashCounter): Operation {
  return function (this: unknown, ...parameters) {
    const moment = counter.begin(step);
    const result = operation.apply(this, parameters);
    if (moment !== undefined) {
      counter.die();
    }
    return result;
  };
}

/** A write that can end in its middle. */
function watchedWrite(operation: Operation, counter: CrashCounter): Operation {
  return async function (this: unknown, ...parameters) {
    const moment = counter.begin('write');
    const [bytes] = parameters;
    if (moment === 'during' && bytes instanceof Uint8Array) {
      await operation.call(this, bytes.subarray(0, bytes.length >> 1));
      counter.die();
    }
    const result = await operation.apply(this, parameters);
    if (moment === 'after') {
      counter.die();
    }
    return result;
  };
}
