import { randomBytes } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { PublishRequestSchema } from '@telemetry/gen';
import { describe, expect, test, vi } from 'vitest';
import { leaveByBeacon } from '../../client/src/browser/leave-by-beacon.ts';
import { machineFacts } from '../../client/src/browser/machine-facts.ts';
import { watchPageEnd } from '../../client/src/browser/page-end.ts';
import { httpChannel } from '../../client/src/http/http-channel.ts';
import { OutlivingRequests } from '../../client/src/http/outliving-requests.ts';
import { keepaliveBytesMax, keepalivePieceBytesMax } from '../../client/src/limits.ts';
import { memoryDelivery } from '../../client/src/memory-delivery.ts';
import type { PageListener } from '../../client/src/page-watch.ts';
import { completePlatform } from '../../client/src/platform.ts';
import { resolveOptions } from '../../client/src/resolve-options.ts';
import { telemetryClient } from '../../client/src/telemetry-client.ts';
import { encodePublishRequest, sentAgain } from '../../client/src/wire/encode-publish-request.ts';
import { EnvelopeParser } from '../../collector/src/admission/parse-publish-request.ts';
import { WebReceiver } from './support/web-receiver.ts';

/** The parts of a page that tell of its end. */
class Page extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
}

describe('the end of a page', () => {
  test('is told when it is hidden and when it is left, and not when it is shown', () => {
    const page = new Page();
    const leaving = vi.fn();
    const stop = watchPageEnd(page, leaving);
    page.document.dispatchEvent(new Event('visibilitychange'));
    expect(leaving).toHaveBeenCalledTimes(0);
    page.document.visibilityState = 'hidden';
    page.document.dispatchEvent(new Event('visibilitychange'));
    page.dispatchEvent(new Event('pagehide'));
    expect(leaving.mock.calls).toStrictEqual([[false], [true]]);
    stop();
    page.document.dispatchEvent(new Event('visibilitychange'));
    page.dispatchEvent(new Event('pagehide'));
    expect(leaving).toHaveBeenCalledTimes(2);
  });

  test('is never told where there is no page', () => {
    expect(() => watchPageEnd({}, () => {})()).not.toThrow();
  });
});

const target = { address: 'https://telemetry.example.com', headers: {}, requestTimeoutMs: 1_000, fetch };

describe('room for requests that outlive their page', () => {
  test.each([
    [keepaliveBytesMax - 1, true],
    [keepaliveBytesMax, true],
    [keepaliveBytesMax + 1, false],
  ])('%i bytes: %s', (sizeBytes, fits) => {
    expect(new OutlivingRequests().enter(target, new Uint8Array(sizeBytes))).toBe(fits);
  });

  test('is for all together, and comes back as they end', () => {
    const requests = new OutlivingRequests();
    const [first, next] = [new Uint8Array(keepaliveBytesMax - 10), new Uint8Array(11)];
    expect(requests.enter(target, first)).toBe(true);
    expect(requests.enter(target, next)).toBe(false);
    // One that had no room gives none back.
    requests.leave(next);
    expect(requests.enter(target, next)).toBe(false);
    expect(requests.enter(target, new Uint8Array(10))).toBe(true);
    requests.leave(first);
    expect(requests.enter(target, first)).toBe(true);
  });
});

describe('a page whose requests end with it', () => {
  /** What beacons took of a request that was open when the page was left, of one that came as it was, and of one after it went on. */
  async function beaconsOf(prototype: object, headers: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const requests = new OutlivingRequests();
    const sent: Promise<string>[] = [];
    const sendBeacon = (url: string, body: Blob): boolean =>
      sent.push(body.text().then((text) => `${url} ${body.type} ${text}`)) > 0;
    const timers: (() => void)[] = [];
    const setTimer = (callback: () => void) => ({ cancel: () => {}, index: timers.push(callback) });
    const send = (text: string) => requests.enter({ ...target, headers }, new TextEncoder().encode(text));
    send('open');
    const leave = () =>
      leaveByBeacon({ Request: { prototype }, navigator: { sendBeacon } }, requests, completePlatform({ setTimer }));
    // Hidden first, and then left.
    leave();
    send('leaving');
    leave();
    timers.forEach((callback) => void callback());
    send('going on');
    return Promise.all(sent);
  }

  test('has what is open sent by beacons, each once and as sent again, as long as it may end', async () => {
    const again = new TextDecoder().decode(sentAgain);
    const place = `${target.address}/telemetry.v1.CollectorService/Publish application/proto`;
    expect(await beaconsOf({})).toStrictEqual([`${place} open${again}`, `${place} leaving${again}`]);
  });

  test('and what is sent again says so, to any reader of the protocol', () => {
    const request = encodePublishRequest(1, new Uint8Array([1, 2, 3]), 1);
    const beacon = new Uint8Array([...request, ...sentAgain]);
    expect(fromBinary(PublishRequestSchema, request).attempt).toBe(1);
    expect(fromBinary(PublishRequestSchema, beacon)).toMatchObject({ attempt: 2, content: { case: 'sealed' } });
    expect(new EnvelopeParser().parse(beacon)).toMatchObject({ attempt: 2, content: new Uint8Array([1, 2, 3]) });
  });

  test('has nothing sent by beacons that needs a header', async () => {
    expect(await beaconsOf({}, { authorization: 'Bearer key' })).toStrictEqual([]);
  });

  test('is one only where requests cannot outlive their page', async () => {
    expect(await beaconsOf({ keepalive: false })).toStrictEqual([]);
    expect(() => leaveByBeacon({}, new OutlivingRequests(), completePlatform({}))).not.toThrow();
  });
});

function noise(eventBytes: number): string {
  return randomBytes(Math.min(eventBytes, 5_000)).toString('base64');
}

/** Logs events that do not compress, leaves the page, and returns the sealed sizes of the batches that came until all events had. */
async function leaveWith(events: number, eventBytes: number): Promise<number[]> {
  const receiver = await WebReceiver.start();
  const resolved = resolveOptions({ product: { name: 'page' } }, { machine: {}, operatingSystem: undefined });
  let page: PageListener | undefined;
  const delivery = memoryDelivery(httpChannel(receiver.url), { ...resolved, lingerMs: 10 });
  const telemetry = telemetryClient(resolved, delivery, undefined, (listener) => {
    page = listener;
    return () => {};
  });
  for (let index = 0; index < events; index++) {
    // Values have a limit of their own, so that a large event has many.
    const values = Array.from({ length: Math.ceil(eventBytes / 5_000) }, (_, at) => [`noise${at}`, noise(eventBytes)]);
    telemetry.log({ name: 'n', properties: Object.fromEntries(values) });
  }
  page?.onLeaving(true);
  await vi.waitFor(() => expect(telemetry.stats().acknowledged).toBe(events), { timeout: 10_000, interval: 5 });
  await telemetry.shutdown();
  const numbers = receiver.arrivals.flatMap(({ batch }) => batch.events.map(({ seq }) => Number(seq)));
  expect(numbers.sort((left, right) => left - right)).toStrictEqual(Array.from({ length: events }, (_, at) => at + 1));
  return receiver.arrivals.map(({ sealedBytes }) => sealedBytes.length);
}

describe('what is left with its page', () => {
  test('goes in pieces that fit, each event once', async () => {
    const sizes = await leaveWith(60, 2_000);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(keepalivePieceBytesMax);
  });

  test('goes as it is when it fits', async () => {
    expect(await leaveWith(5, 2_000)).toHaveLength(1);
  });

  test('goes whole where one event is larger than a piece', async () => {
    const [size] = await leaveWith(1, 60_000);
    expect(size).toBeGreaterThan(keepalivePieceBytesMax);
  });
});

describe('what a browser says of the machine', () => {
  test.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0', undefined, 'windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605', undefined, 'macos'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)', undefined, 'ios'],
    ['Mozilla/5.0 (Linux; Android 15; Pixel 9)', undefined, 'android'],
    ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)', undefined, 'chromeos'],
    ['Mozilla/5.0 (X11; Linux x86_64)', undefined, 'linux'],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Windows', 'windows'],
    ['', 'Chrome OS', 'chromeos'],
    ['something else', undefined, undefined],
  ])('%j and the hint %j: %s', (userAgent, platform, name) => {
    const hints = platform === undefined ? {} : { userAgentData: { platform } };
    const facts = machineFacts({ navigator: { language: 'de-CH', userAgent, ...hints } });
    expect(facts).toStrictEqual({
      machine: { locale: 'de-CH' },
      operatingSystem: name === undefined ? undefined : { name },
    });
  });

  test('is nothing where there is no browser', () => {
    expect(machineFacts({})).toStrictEqual({ machine: {}, operatingSystem: undefined });
  });
});
