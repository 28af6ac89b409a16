import { describe, expect, it, onTestFinished } from 'vitest';
import { LoadError, toLoadError } from '../../../collector/src/load/load-error.ts';
import { type InsertOutcome, Loader, type LoadSteps } from '../../../collector/src/load/loader.ts';
import type { ClosedSegment } from '../../../collector/src/spool/segment.ts';

const segment = (id: string): ClosedSegment => ({ id, path: `/nowhere/${id}`, sizeBytes: 1, oldestMs: 0 });
const permanent = () => new LoadError('permanent', 'cannot be read', undefined);

/** Steps that write down what they are asked, and do what the test says. */
class Steps implements LoadSteps {
  readonly log: string[] = [];
  /** Errors of the next inserts of a segment, by its id. */
  readonly faults = new Map<string, Error[]>();
  readonly retireFaults = new Map<string, Error[]>();
  hold: Promise<void> | undefined;
  #wake = () => {};

  readonly insert = async ({ id }: ClosedSegment, signal: AbortSignal): Promise<InsertOutcome> => {
    this.#say(`insert ${id}`);
    if (this.hold !== undefined) {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
        void this.hold?.then(resolve);
      });
    }
    const fault = this.faults.get(id)?.shift();
    if (fault !== undefined) throw fault;
    return 'inserted';
  };

  readonly retire = async ({ id }: ClosedSegment): Promise<void> => {
    this.#say(`retire ${id}`);
    const fault = this.retireFaults.get(id)?.shift();
    if (fault !== undefined) throw fault;
  };

  readonly quarantine = async ({ id }: ClosedSegment): Promise<void> => this.#say(`quarantine ${id}`);
  readonly onFailure = ({ id }: ClosedSegment, error: LoadError, failures: number): void => {
    this.#say(`failure ${failures} of ${id}: ${error.kind}`);
  };

  readonly onLoaded = ({ id }: ClosedSegment): void => this.#say(`loaded ${id}`);

  /** Resolves when the line was said. */
  async said(line: string): Promise<void> {
    while (!this.log.includes(line)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #say(line: string): void {
    this.log.push(line);
    this.#wake();
  }
}

function start(retryMsMin = 1, retryMsMax = 4, loadsAtOnceMax = 1): { steps: Steps; loader: Loader } {
  const steps = new Steps();
  const loader = new Loader(steps, { retryMsMin, retryMsMax, random: () => 0.5 }, loadsAtOnceMax);
  onTestFinished(() => loader.stop());
  return { steps, loader };
}

describe('a loader', () => {
  it('loads one segment after the other, in order, each retired before the next', async () => {
    const { steps, loader } = start();
    for (const id of ['a', 'b', 'c']) loader.add(segment(id));
    expect(loader.waiting).toBe(3);
    expect(await loader.drain(10_000)).toBe('drained');
    expect(steps.log).toEqual(['a', 'b', 'c'].flatMap((id) => [`insert ${id}`, `retire ${id}`, `loaded ${id}`]));
    expect(loader.waiting).toBe(0);
  });

  it('loads so many at once as it may, each once, and drains when the last is in', async () => {
    const { steps, loader } = start(1, 4, 2);
    const hold = Promise.withResolvers<void>();
    steps.hold = hold.promise;
    for (const id of ['a', 'b', 'c', 'd']) loader.add(segment(id));
    await steps.said('insert b');
    expect(steps.log).toEqual(['insert a', 'insert b']);
    expect(loader.waiting).toBe(4);
    steps.faults.set('b', [new Error('connection reset')]);
    const drained = loader.drain(10_000);
    hold.resolve();
    expect(await drained).toBe('drained');
    for (const id of ['a', 'b', 'c', 'd']) expect(steps.log.filter((line) => line === `loaded ${id}`)).toHaveLength(1);
    expect(steps.log.filter((line) => line.startsWith('insert'))).toHaveLength(5);
    expect(loader.waiting).toBe(0);
  });

  it('tries a segment again until it is in, and no other before it', async () => {
    const { steps, loader } = start();
    steps.faults.set('a', [new Error('connection refused'), new Error('timeout')]);
    loader.add(segment('a'));
    loader.add(segment('b'));
    await steps.said('loaded b');
    expect(steps.log.slice(0, 6)).toEqual([
      'insert a',
      'failure 1 of a: retryable',
      'insert a',
      'failure 2 of a: retryable',
      'insert a',
      'retire a',
    ]);
  });

  it('inserts again when it could not retire: the token makes that harmless', async () => {
    const { steps, loader } = start();
    steps.retireFaults.set('a', [new Error('disk full')]);
    loader.add(segment('a'));
    await steps.said('loaded a');
    expect(steps.log).toEqual([
      'insert a',
      'retire a',
      'failure 1 of a: retryable',
      'insert a',
      'retire a',
      'loaded a',
    ]);
  });

  it('sets aside what can never be read, and goes on', async () => {
    const { steps, loader } = start();
    steps.faults.set('a', [permanent()]);
    loader.add(segment('a'));
    loader.add(segment('b'));
    expect(await loader.drain(10_000)).toBe('drained');
    expect(steps.log).toEqual(['insert a', 'quarantine a', 'insert b', 'retire b', 'loaded b']);
  });

  it('backs off up to its bound, and a drain tries at once', async () => {
    const { steps, loader } = start(60_000, 60_000);
    steps.faults.set('a', [new Error('down')]);
    loader.add(segment('a'));
    await steps.said('failure 1 of a: retryable');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(steps.log).toHaveLength(2);
    expect(await loader.drain(10_000)).toBe('drained');
  });

  it('says when a drain takes too long, and still loads later', async () => {
    const { steps, loader } = start();
    let release = () => {};
    steps.hold = new Promise((resolve) => {
      release = resolve;
    });
    loader.add(segment('a'));
    await steps.said('insert a');
    expect(await loader.drain(5)).toBe('timed out');
    release();
    await steps.said('loaded a');
    expect(await loader.drain(0)).toBe('drained');
  });

  it('aborts what runs when it stops, retires nothing of it, and loads nothing more', async () => {
    const { steps, loader } = start();
    steps.hold = new Promise(() => {});
    loader.add(segment('a'));
    loader.add(segment('b'));
    await steps.said('insert a');
    await loader.stop();
    loader.add(segment('c'));
    await loader.stop();
    expect(steps.log).toEqual(['insert a']);
    expect(loader.waiting).toBe(3);
  });

  it('stops at once while it waits between tries', async () => {
    const { steps, loader } = start(60_000, 60_000);
    steps.faults.set('a', [new Error('down')]);
    loader.add(segment('a'));
    await steps.said('failure 1 of a: retryable');
    await loader.stop();
    expect(steps.log).toHaveLength(2);
  });

  it('takes up segments whenever they come, also in the moment in which it has finished', async () => {
    const { steps, loader } = start();
    for (let microtasks = 0; microtasks < 30; microtasks++) {
      loader.add(segment(`a${microtasks}`));
      await steps.said(`loaded a${microtasks}`);
      for (let task = 0; task < microtasks; task++) await Promise.resolve();
      loader.add(segment(`b${microtasks}`));
      await steps.said(`loaded b${microtasks}`);
      loader.add(segment(`c${microtasks}`));
    }
    expect(await loader.drain(10_000)).toBe('drained');
    expect(steps.log.filter((line) => line.startsWith('loaded'))).toHaveLength(90);
  });
});

describe('a failed load', () => {
  it.each([
    ['permanent', Object.assign(new Error('Cannot parse'), { code: '117' })],
    ['permanent', Object.assign(new Error('Protobuf'), { code: '444' })],
    ['retryable', Object.assign(new Error('Too many parts'), { code: '252' })],
    ['retryable', Object.assign(new Error('Memory limit'), { code: '241' })],
    ['retryable', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })],
    ['retryable', Object.assign(new Error('no space'), { code: 'ENOSPC', errno: -28 })],
    ['retryable', new Error('socket hang up')],
    ['retryable', 'text'],
    ['retryable', undefined],
  ])('is %s: %s', (kind, error) => {
    const loadError = toLoadError(error);
    expect(loadError.kind).toBe(kind);
    expect(loadError.cause).toBe(error);
    expect(toLoadError(loadError)).toBe(loadError);
  });
});
