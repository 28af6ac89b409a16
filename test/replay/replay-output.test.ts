import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration } from '../../client/src/replay/format-numbers.ts';
import { parseReplayOptions } from '../../client/src/replay/replay-options.ts';
import { ReplayScreen } from '../../client/src/replay/replay-screen.ts';
import { summaryJson, summaryText } from '../../client/src/replay/replay-summary.ts';

const counts = {
  sentBatches: 1_001,
  users: 900,
  events: 4_000,
  batches: 1_000,
  sealedBytes: 123_456,
  duplicates: 3,
  rejected: 2,
  resent: 4,
  droppedEvents: 5,
  reasons: new Map([['BAD_PRODUCER_ID', 2]]),
  seconds: 2,
};

test('the summary is aligned, and leaves out what did not happen', () => {
  expect(summaryText(counts).split('\n')).toEqual([
    'users               900',
    'events            4,000',
    'batches           1,000',
    'sealed bytes    121 KiB',
    'seconds             2.0',
    'batches/s           500',
    'events/s          2,000',
    'accepted            995',
    'duplicates            3',
    'rejected              2',
    'sent again            4',
    'dropped events        5',
    'no answer             1',
    'not taken, by reason:',
    '  BAD_PRODUCER_ID: 2',
    '',
  ]);
  const good = { ...counts, sentBatches: 1_000, resent: 0, rejected: 0, droppedEvents: 0, reasons: new Map() };
  expect(summaryText(good)).not.toMatch(/sent again|dropped|no answer|reason/);
});

test('the summary as JSON is one line with the documented names', () => {
  expect(summaryJson(counts)).not.toContain('\n');
  expect(JSON.parse(summaryJson(counts))).toEqual({
    users: 900,
    events: 4_000,
    batches: 1_000,
    sealed_bytes: 123_456,
    seconds: 2,
    batches_per_s: 500,
    events_per_s: 2_000,
    duplicates: 3,
    rejected: 2,
    resent: 4,
    dropped_events: 5,
    unanswered: 1,
  });
  expect(JSON.parse(summaryJson({ ...counts, seconds: 0 }))).toMatchObject({ batches_per_s: 0, events_per_s: 0 });
});

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1.00 KiB'],
  [56_072_189, '53.5 MiB'],
  [278_836_688, '266 MiB'],
])('%d bytes are %s', (sizeBytes, text) => {
  expect(formatBytes(sizeBytes)).toBe(text);
});

test.each([
  [0, '0:00'],
  [6.2, '0:07'],
  [750, '12:30'],
  [11_100, '3 h 05 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

describe('the screen', () => {
  const at = (seconds: number, part: number | undefined) => ({
    timeMs: seconds * 1000,
    part,
    users: seconds * 100,
    events: seconds * 500,
    batches: seconds * 100,
  });
  const screen = (columns: number | undefined, shown: boolean) => {
    const written: string[] = [];
    const terminal = { columns, write: (text: string) => void written.push(text) };
    return { written, screen: new ReplayScreen(terminal, shown) };
  };

  test('draws a bar on a terminal, no wider than it', () => {
    const { written, screen: wide } = screen(200, true);
    wide.update(at(1, 0.1));
    wide.update(at(2, 0.2));
    expect(written.at(-1)).toContain('20 % · 200 users · 1,000 events · 500 events/s · 100 batches/s · 0:08 left');
    expect(written.at(-1)).toContain('█████░');
    const { written: cut, screen: narrow } = screen(30, true);
    narrow.update(at(1, 0.1));
    expect(cut.at(-1)?.replace('\r\u001b[2K', '')).toHaveLength(29);
  });

  test('writes a line every five seconds where there is no terminal', () => {
    const { written, screen: log } = screen(undefined, true);
    for (let second = 0; second <= 11; second++) log.update(at(second, undefined));
    expect(written).toEqual([
      '500 users, 2,500 events, 500 events/s, 100 batches/s\n',
      '1,000 users, 5,000 events, 500 events/s, 100 batches/s\n',
    ]);
  });

  test('shows messages alone when no progress is wanted, and takes the bar away for them otherwise', () => {
    const { written, screen: quiet } = screen(100, false);
    quiet.update(at(1, 0.1));
    quiet.message('waiting');
    quiet.end();
    expect(written).toEqual(['waiting\n']);
    const { written: all, screen: busy } = screen(100, true);
    busy.update(at(1, 0.1));
    busy.message('waiting');
    expect(all.slice(1)).toEqual(['\r\u001b[2K', 'waiting\n']);
  });
});

const given = { file: 'f', address: 'localhost:4400', streams: 4, product: 'msnbc.com', json: false, progress: true };

test('options are read from JSON', () => {
  expect(parseReplayOptions(JSON.stringify(given))).toEqual({ ...given, limit: undefined, producerSeed: undefined });
  const all = { ...given, limit: 5, producerSeed: 'seed' };
  expect(parseReplayOptions(JSON.stringify(all))).toEqual(all);
});

test.each([
  [undefined, 'the options are not JSON'],
  ['[]', 'the options are not an object'],
  [{ ...given, file: '' }, 'file: "" is not a text'],
  [{ ...given, limit: 0 }, 'limit: 0 is not a whole number from 1'],
  [{ ...given, limit: 1.5 }, 'limit: 1.5 is not a whole number'],
  [{ ...given, streams: 101 }, 'streams: 101 is not a whole number from 1 to 100'],
  [{ ...given, product: 'p'.repeat(225) }, 'is not a text of 1 to 224 bytes'],
  [{ ...given, producerSeed: 7 }, 'producerSeed: 7 is not a text'],
  [{ ...given, json: 'yes' }, 'json: "yes" is neither true nor false'],
])('options that are wrong: %j', (options, message) => {
  const json = typeof options === 'object' ? JSON.stringify(options) : options;
  expect(() => parseReplayOptions(json)).toThrow(message);
});
