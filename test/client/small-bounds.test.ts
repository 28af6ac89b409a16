/** Bounds at, below and above their value that no other suite of the client has. */
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fingerprint } from '../../client/src/fault/fingerprint.ts';
import { parseFrame } from '../../client/src/fault/parse-frame.ts';
import {
  deadProducersKept,
  fingerprintMessageLengthMax,
  flushTimeoutMsDefault,
  folderNameLengthMax,
  folderProductLengthMax,
  liveTrustMs,
  namesListedMax,
  quotedLocalUnitsMax,
  repeatedFramesMax,
  stackLineLengthMax,
} from '../../client/src/limits.ts';
import { chooseChannels } from '../../client/src/node/choose-channels.ts';
import { defaultStoreFolder } from '../../client/src/node/default-folder.ts';
import { completePlatform } from '../../client/src/platform.ts';
import { scrubText } from '../../client/src/privacy/scrub-text.ts';
import type { Outcomes } from '../../client/src/store/outcome.ts';
import { OutcomeMail } from '../../client/src/store/outcome-mail.ts';
import { memoryTools } from '../client-store/support/memory-tools.ts';

const around = [-1, 0, 1];

function faultOf(message: string, stack: string): Error {
  return Object.defineProperty(new Error(message), 'stack', { value: stack });
}

describe('a fault', () => {
  test.each(around)('has a frame in a line of its longest and %i characters up to the longest only', (more) => {
    const [head, tail] = ['at f (/', '.js:1:2)'];
    const line = head + 'x'.repeat(stackLineLengthMax + more - head.length - tail.length) + tail;
    expect(line).toHaveLength(stackLineLengthMax + more);
    expect(parseFrame(line)?.functionName).toBe(more <= 0 ? 'f' : undefined);
  });

  test.each(around)('is the same however often a group of most and %i frames repeats, up to most only', (more) => {
    const group = Array.from(
      { length: repeatedFramesMax + more },
      (_, at) => `    at f${'abcdef'[at]} (/app/tree.js:1:2)`,
    );
    const of = (times: number) => fingerprint(faultOf('x', `Error: x\n${Array(times).fill(group).flat().join('\n')}`));
    expect(of(2) === of(1)).toBe(more <= 0);
  });

  test.each(around)('without frames is told by the character of its message at most and %i up to most only', (more) => {
    const of = (last: string) => {
      const message = 'x'.repeat(fingerprintMessageLengthMax + more - 1) + last;
      return fingerprint(faultOf(message, `Error: ${message}`));
    };
    expect(of('y') === of('z')).toBe(more > 0);
  });
});

test.each(around)('a quoted part of an address of most and %i characters is one up to most only', (more) => {
  const quoted = `"${'a b'.padEnd(quotedLocalUnitsMax + more - 2, 'c')}"`;
  const counts = { email: 0, path: 0, urlUser: 0 };
  scrubText(`from ${quoted}@example.com`, counts);
  expect(quoted).toHaveLength(quotedLocalUnitsMax + more);
  expect(counts.email).toBe(more <= 0 ? 1 : 0);
});

describe('names of folders', () => {
  test.each(around)('of channels tell them apart by the character at most and %i up to most only', (more) => {
    const name = (last: string) => 'c'.repeat(folderNameLengthMax + more - 1) + last;
    const channels = ['a', 'b'].map((last) => Object.assign(memoryChannel(), { name: name(last) }));
    const choose = () => chooseChannels({ product: { name: 'editor' }, channels });
    if (more <= 0) {
      expect(choose()).toHaveLength(2);
    } else {
      expect(choose).toThrow('two have the same name');
    }
  });

  test.each(around)(
    'of a product hold most and %i characters of it up to most; two products never share one',
    (more) => {
      const product = 'p'.repeat(folderProductLengthMax + more - 1);
      const [first, second] = [`${product}a`, `${product}b`].map((name) => defaultStoreFolder(name, ''));
      expect(first?.includes('-ppp') && first.includes('pa-')).toBe(more <= 0);
      expect(first).toMatch(new RegExp(`-p{${Math.min(folderProductLengthMax, product.length)}}a?-`));
      expect(first).not.toBe(second);
    },
  );
});

describe('a memory channel', () => {
  test('waits for an event for its time, and no longer', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const told = vi.fn();
    void memoryChannel().waitForEvent({ name: 'never' }).catch(told);
    await vi.advanceTimersByTimeAsync(flushTimeoutMsDefault - 1);
    expect(told).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toHaveBeenCalledTimes(1);
  });

  test.each(around)('lists as many names as it may and %i, and counts those above', async (more) => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product: 'editor', channel });
    for (let index = 0; index < namesListedMax + more; index++) telemetry.log({ name: `n${index}` });
    await telemetry.shutdown();
    const expectOther = () => channel.expectEvent({ name: 'other' });
    const listed = (count: number) =>
      new RegExp(`all that were taken: (?:n\\d+ \\(1\\)(?:, |$)){${count}}${more > 0 ? 'and 1 more names' : ''}$`, 'm');
    expect(expectOther).toThrow(listed(Math.min(namesListedMax, namesListedMax + more)));
  });
});

describe('outcomes for others', () => {
  /** A mail of which it is counted how often it looked who lives. */
  function openMail() {
    let nowMs = 0;
    let looks = 0;
    const liveProducers = async () => {
      looks += 1;
      return new Set(['living']);
    };
    const mail = new OutcomeMail('own', memoryTools(completePlatform({ monotonicMs: () => nowMs }), { liveProducers }));
    const outcome = {
      channel: 'main',
      ordinal: 1,
      dropped: [],
      settled: true,
      taken: [],
      refused: [],
      declaredCount: 0,
    };
    const looksFor = async (producer: string, atMs = nowMs) => {
      const before = looks;
      nowMs = atMs;
      await mail.send(new Map([[producer, outcome]]) as Outcomes);
      return looks - before;
    };
    return looksFor;
  }

  test('go to who was known to live for a while, and not from then on', async () => {
    const looksFor = openMail();
    expect(await looksFor('living', 0)).toBe(1);
    expect(await looksFor('living', liveTrustMs - 1)).toBe(0);
    expect(await looksFor('living', liveTrustMs)).toBe(1);
  });

  test.each(around)(
    'of as many dead as are remembered and %i: the first is looked up again above them only',
    async (more) => {
      const looksFor = openMail();
      for (let index = 0; index < deadProducersKept + more; index++) {
        expect(await looksFor(`dead-${index}`)).toBe(1);
      }
      expect(await looksFor('dead-0')).toBe(more > 0 ? 1 : 0);
    },
  );
});
