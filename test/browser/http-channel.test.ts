import { createTelemetry, httpChannel, type Telemetry, type TelemetryOptions } from '@telemetry/client';
import { Encoding, ErrorReason } from '@telemetry/gen';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { requestsOpenMaxDefault } from '../../client/src/limits.ts';
import { expectBalance } from '../client/support/expect-balance.ts';
import { spooledBatches } from '../collector/support/collector.ts';
import { runWebCollector } from '../web/support/web-collector.ts';
import { accept, answerWith, WebReceiver } from './support/web-receiver.ts';

const product = { name: 'editor', version: '1.0.0' };
/** Short waits, so that a test does not take minutes; the waits themselves are tested on their own. */
const retry = { initialBackoffMs: 5, maxBackoffMs: 50, permanentBackoffMs: 40, resumeBatchesPerSecond: 1000 };
const waiting = { timeout: 20_000, interval: 5 };

function start(url: string, channelOptions: object = {}, options: Partial<TelemetryOptions> = {}): Telemetry {
  const channel = httpChannel(url, channelOptions);
  const telemetry = createTelemetry({ product, channel, retry, ...options });
  onTestFinished(() => void telemetry.shutdown({ timeoutMs: 1 }));
  return telemetry;
}

function log(telemetry: Telemetry, count: number): void {
  for (let index = 0; index < count; index++) telemetry.featureUsed('save', { properties: { index: String(index) } });
}

describe('the web port of a collector', () => {
  test('takes what is logged, each event once', async () => {
    const { url, dataDir } = await runWebCollector();
    const telemetry = start(url);
    log(telemetry, 2_003);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 2_003, pending: 0, dropped: 0 });
    const batches = await spooledBatches(dataDir);
    expect(batches.map((batch) => batch.events.length).sort()).toStrictEqual([1_000, 1_000, 3]);
    expect(new Set(batches.flatMap((batch) => batch.events.map(({ seq }) => seq))).size).toBe(2_003);
  });

  test('answers for a batch that came before as a duplicate', async () => {
    const { url, dataDir } = await runWebCollector();
    let lost = 0;
    const lossy: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      // The collector has answered, and the answer gets lost on the way.
      if (String(request[0]).endsWith('/Publish') && lost++ === 0) throw new TypeError('connection reset');
      return response;
    };
    const telemetry = start(url, { fetch: lossy });
    const errors: string[] = [];
    telemetry.on('error', (error) => errors.push(`${error.kind} ${error.message}`));
    log(telemetry, 3);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 3 });
    expect(telemetry.stats()).toMatchObject({ duplicateBatches: 1, acknowledgedBatches: 1 });
    expect(errors).toStrictEqual([`retryable ${url}: connection reset`]);
    expect(await spooledBatches(dataDir)).toHaveLength(1);
  });

  test('says what is wrong with a batch, which is dropped and declared', async () => {
    const { url, dataDir } = await runWebCollector();
    const twoDaysUs = 2 * 86_400_000_000;
    const telemetry = start(url, {}, { platform: { nowUnixUs: () => Date.now() * 1000 + twoDaysUs } });
    const problems: string[] = [];
    telemetry.on('drop', ({ reason, problem }) => problems.push(`${reason} ${problem}`));
    telemetry.log({ name: 'editor.started' });
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ complete: true, acknowledged: 0, dropped: 1, undeclared: 0 });
    expect(problems[0]).toMatch(/^timeOutOfRange events\[0\]\.time_unix_us: /);
    expect((await spooledBatches(dataDir)).flatMap((batch) => batch.dropped)).toHaveLength(1);
  });
});

describe('an answer', () => {
  const html = '<html>';
  /** What comes instead of the first acknowledgement, and what becomes of a batch of two events. */
  const rows: readonly (readonly [
    what: string,
    status: number,
    contentType: string,
    body: string,
    then: 'taken again' | 'dropped' | 'halved' | 'held',
  ])[] = [
    ['of a login page', 200, 'text/html', html, 'taken again'],
    ['that only looks like an acknowledgement', 200, 'application/proto', 'no', 'taken again'],
    ['of a proxy that finds nobody', 502, 'text/html', html, 'taken again'],
    ['of a proxy that has enough', 429, 'text/plain', '', 'taken again'],
    ['of a proxy that understands nothing', 400, 'text/html', html, 'taken again'],
    ['that is a redirection', 307, 'text/html', html, 'taken again'],
    ['of another server', 404, 'text/html', html, 'held'],
    ['of a gate', 401, 'text/html', html, 'held'],
    ['of a proxy for which a batch is too large', 413, 'text/html', html, 'halved'],
    ['with the code unavailable alone', 503, 'application/json', '{"code":"unavailable"}', 'taken again'],
    ['with the code invalid_argument alone', 400, 'application/json', '{"code":"invalid_argument"}', 'dropped'],
    ['with the code permission_denied alone', 403, 'application/json', '{"code":"permission_denied"}', 'held'],
    ['with details that are none', 500, 'application/json', '{"code":"internal","details":[7,{}]}', 'taken again'],
  ];

  test.each(rows)('%s (%i %s)', async (_, status, contentType, body, then) => {
    const receiver = await WebReceiver.start();
    let answered = 0;
    receiver.answer = (response) => {
      if (answered++ > 0) accept(response);
      else answerWith(response, status, contentType, body, { Location: '/elsewhere' });
    };
    const telemetry = start(receiver.url);
    const kinds: string[] = [];
    telemetry.on('error', ({ kind }) => kinds.push(kind));
    log(telemetry, 2);
    const { complete, acknowledged, dropped } = await telemetry.shutdown();
    expectBalance(telemetry.stats());
    expect(complete).toBe(true);
    expect([acknowledged, dropped]).toStrictEqual(then === 'dropped' ? [0, 2] : [2, 0]);
    const events = receiver.arrivals.map(({ batch }) => batch.events.length);
    const expected = { 'taken again': [2, 2], held: [2, 2], halved: [2, 1, 1], dropped: [2, 0] };
    expect(events).toStrictEqual(expected[then]);
    // A batch of declarations is another one.
    expect(receiver.arrivals[1]?.attempt).toBe(then === 'dropped' ? 1 : 2);
    expect(kinds).toStrictEqual(then === 'held' ? ['permanent'] : then === 'taken again' ? ['retryable'] : []);
  });

  test('with Retry-After is waited for that long', async () => {
    const receiver = await WebReceiver.start();
    const times: number[] = [];
    receiver.answer = (response) => {
      times.push(performance.now());
      if (times.length > 1) accept(response);
      else answerWith(response, 503, 'text/plain', '', { 'Retry-After': '1' });
    };
    const telemetry = start(receiver.url);
    log(telemetry, 1);
    expect(await telemetry.flush()).toMatchObject({ complete: true });
    // A timer may fire a millisecond early.
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(995);
  });

  test('that does not come is waited for no longer than the timeout', async () => {
    const receiver = await WebReceiver.start();
    receiver.answer = (response, _, index) => {
      if (index > 0) accept(response);
    };
    const telemetry = start(receiver.url, { requestTimeoutMs: 150 });
    const messages: string[] = [];
    telemetry.on('error', ({ message }) => messages.push(message));
    log(telemetry, 1);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 1 });
    // On a busy machine the second answer may be late as well.
    expect([...new Set(messages)]).toStrictEqual([`${receiver.url}: no answer within 150 ms`]);
    expect(receiver.arrivals.slice(0, 2).map(({ attempt }) => attempt)).toStrictEqual([1, 2]);
  });
});

describe('every reason over HTTP means what it means over gRPC', () => {
  test.each(Object.entries(ErrorReason).filter(([name]) => name !== 'UNSPECIFIED'))('%s', async (_, reason) => {
    const { Refusal } = await import('../../collector/src/admission/refusal.ts');
    const { toConnectError } = await import('../../collector/src/web/connect-refusal.ts');
    const { errorToJsonBytes } = await import('@connectrpc/connect/protocol-connect');
    const { decideAfterAck } = await import('../../client/src/retry-decision.ts');
    const { readPublishAnswer } = await import('../../client/src/http/read-publish-answer.ts');
    const { emptyAck } = await import('../../client/src/wire/decode-acks.ts');
    const error = toConnectError(
      new Refusal({ reason, field: 'events[1].name', message: 'wrong' }, { kind: 'retryable', retryDelayMs: 1_250 }),
    );
    const body = errorToJsonBytes(error, {});
    const answer = { status: 400, headers: new Headers({ 'content-type': 'application/json' }), body };
    const ack = readPublishAnswer(answer, 'there');
    if (ack instanceof Error) throw ack;
    expect(ack).toMatchObject({ rejection: { reason, message: 'wrong' }, retryDelayMs: 1_250 });
    const rejected = { ...emptyAck(), outcome: 3, rejection: { reason, message: '', field: '' } } as const;
    expect(decideAfterAck(ack)).toBe(decideAfterAck(rejected));
  });
});

test('no more requests are open at a time than the bound says, and all batches arrive', async () => {
  const receiver = await WebReceiver.start();
  const held: (() => void)[] = [];
  receiver.answer = (response) => void held.push(() => accept(response));
  const telemetry = start(receiver.url);
  log(telemetry, 9_000);
  const flushed = telemetry.flush({ timeoutMs: 20_000 });
  await vi.waitFor(() => expect(held).toHaveLength(requestsOpenMaxDefault), waiting);
  receiver.answer = (response) => accept(response);
  for (const answer of held) answer();
  expect(await flushed).toMatchObject({ complete: true, acknowledged: 9_000 });
  expect(Math.max(...receiver.arrivals.map(({ open }) => open))).toBe(requestsOpenMaxDefault);
});

test('what was sent once has a deadline, and is broken off when it is recalled', async () => {
  const signals: AbortSignal[] = [];
  const endless: typeof fetch = (_, init) => {
    const { signal } = init ?? {};
    if (!(signal instanceof AbortSignal)) throw new Error('no signal');
    signals.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  };
  const channel = httpChannel('http://localhost', { fetch: endless, requestTimeoutMs: 20 });
  const batch = { encoding: Encoding.IDENTITY, bytes: new Uint8Array(1), unsealedSizeBytes: 1, eventCount: 1 };
  channel.sendOnce?.(batch);
  expect(signals.map(({ aborted }) => aborted)).toStrictEqual([false]);
  await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true), waiting);
  const patient = httpChannel('http://localhost', { fetch: endless });
  patient.sendOnce?.(batch);
  patient.sendOnce?.(batch);
  patient.recall?.();
  await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true, true, true]), waiting);
});

test('a request shows the key and the protocol, and no cookie or page', async () => {
  const receiver = await WebReceiver.start();
  const telemetry = start(receiver.url, { key: 'tk_secret', headers: { 'x-tenant': '7' } });
  log(telemetry, 1);
  await telemetry.flush();
  expect(receiver.arrivals[0]?.headers).toMatchObject({
    authorization: 'Bearer tk_secret',
    'content-type': 'application/proto',
    'connect-protocol-version': '1',
    'x-tenant': '7',
  });
  expect(receiver.arrivals[0]?.headers).not.toHaveProperty('cookie');
  expect(receiver.arrivals[0]?.headers).not.toHaveProperty('referer');
});

test.each(['', 'localhost:4480', 'ftp://host', 'https://user@host', 'https://host?x=1', '/relative'])(
  'createTelemetry names the endpoint when it is %j',
  (endpoint) => {
    expect(() => httpChannel(endpoint)).toThrow(/^endpoint: .* is not the address of a collector's web port/);
  },
);

test('an address is brought into one form', () => {
  expect(httpChannel('https://host.example/telemetry/').name).toBe('https://host.example/telemetry');
  expect(httpChannel('HTTP://Host.example:4480').name).toBe('http://host.example:4480');
  expect(() => httpChannel('https://host', { key: 'with blank' })).toThrow('key: not a key');
});
