import { request } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCollector } from '../../collector/src/index.ts';
import { WEB_MESSAGE_SIZE_BYTES_MAX } from '../../collector/src/limits.ts';
import { RetryDelay } from '../../collector/src/service/retry-delay.ts';
import { WebLoad } from '../../collector/src/web/web-load.ts';
import { collectorOptions } from '../collector/support/collector.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { freshJson } from './support/requests.ts';
import { runWebCollector } from './support/web-collector.ts';

const PUBLISH = '/telemetry.v1.CollectorService/Publish';
const ORIGIN = 'https://app.example.com';
const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** The status of a request with a header that `fetch` does not let one set. */
function statusWithHost(address: string, host: string): Promise<number | undefined> {
  const [hostname, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const headers = { ...JSON_HEADERS, Host: host };
    const call = request({ hostname, port, path: PUBLISH, method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.once('error', reject);
    call.end('{}');
  });
}

describe('scripts of other sites', () => {
  const preflight = (url: string, origin: string) =>
    fetch(url + PUBLISH, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });

  it('may publish from an origin that is allowed', async () => {
    const { url } = await runWebCollector({ webAllowedOrigins: [ORIGIN] });
    const before = await preflight(url, ORIGIN);
    expect(before.status).toBe(204);
    expect(before.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(before.headers.get('access-control-allow-methods')).toContain('POST');
    // As beacons want it.
    expect(before.headers.get('access-control-allow-credentials')).toBe('true');
    expect(before.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('connect-protocol-version');
    const headers = { ...JSON_HEADERS, Origin: ORIGIN };
    const answer = await fetch(url + PUBLISH, { method: 'POST', headers, body: freshJson() });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  it('may publish from everywhere where that is allowed, and without what browsers keep for this port', async () => {
    const { url } = await runWebCollector({ webAllowedOrigins: ['*'] });
    const before = await preflight(url, ORIGIN);
    expect(before.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(before.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('may not from another, or when none is allowed', async () => {
    for (const webAllowedOrigins of [[], [ORIGIN]]) {
      const { url, collector } = await runWebCollector({ webAllowedOrigins });
      const other = 'https://evil.example.com';
      const before = await preflight(url, other);
      expect(before.status).toBe(403);
      expect(before.headers.get('access-control-allow-origin')).toBeNull();
      const headers = { ...JSON_HEADERS, Origin: other };
      const answer = await fetch(url + PUBLISH, { method: 'POST', headers, body: freshJson() });
      expect(answer.status).toBe(403);
      expect(((await answer.json()) as { message: string }).message).toContain('--web-allow-origin');
      expect(collector.counts.accepted).toBe(0);
    }
  });
});

describe('what the web port does not take', () => {
  it('a body above the limit, while one at the limit is read', async () => {
    const { url, collector } = await runWebCollector();
    const largest = Buffer.alloc(WEB_MESSAGE_SIZE_BYTES_MAX, 0x20);
    expect((await fetch(url + PUBLISH, { method: 'POST', headers: JSON_HEADERS, body: largest })).status).toBe(400);
    const body = Buffer.alloc(WEB_MESSAGE_SIZE_BYTES_MAX + 1, 0x20);
    const answer = await fetch(url + PUBLISH, { method: 'POST', headers: JSON_HEADERS, body });
    expect(answer.status).toBe(429);
    expect(await answer.json()).toMatchObject({ code: 'resource_exhausted' });
    expect(collector.counts.accepted).toBe(0);
  });

  it('a small body that is large when decompressed', async () => {
    const { url } = await runWebCollector();
    const { gzipSync } = await import('node:zlib');
    const body = gzipSync(Buffer.alloc(4 * WEB_MESSAGE_SIZE_BYTES_MAX, 0x20));
    const headers = { ...JSON_HEADERS, 'Content-Encoding': 'gzip' };
    const answer = await fetch(url + PUBLISH, { method: 'POST', headers, body: new Uint8Array(body) });
    expect(answer.status).toBe(429);
  });

  it('another content type, another method, another path, another host', async () => {
    const { url, webAddress } = await runWebCollector();
    const text = await fetch(url + PUBLISH, { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{}' });
    expect(text.status).toBe(415);
    expect(((await text.json()) as { message: string }).message).toContain('application/json');
    expect((await fetch(url + PUBLISH)).status).toBe(405);
    expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405);
    const lost = await fetch(`${url}/nowhere`);
    expect(lost.status).toBe(404);
    expect(((await lost.json()) as { message: string }).message).toContain('/telemetry.v1.CollectorService/Publish');
    expect(await statusWithHost(webAddress, '[')).toBe(400);
    // It still answers.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('JSON that is none, or not of the schema', async () => {
    const { url } = await runWebCollector();
    for (const body of ['{', '{"batch":{"producerId":7}}']) {
      const answer = await fetch(url + PUBLISH, { method: 'POST', headers: JSON_HEADERS, body });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'invalid_argument' });
    }
  });
});

describe('the load of the web port', () => {
  const load = () =>
    new WebLoad({ requestsMax: 2, bodiesSizeBytesMax: 10, knownSharers: () => 0 }, new RetryDelay(1, 2, () => 0));
  async function* bodyOf(...sizes: number[]) {
    for (const size of sizes) yield new Uint8Array(size);
  }
  const drain = async (body: AsyncIterable<unknown>) => {
    for await (const _ of body);
  };

  it('takes as many requests as it may, and another when one has left', () => {
    const all = load();
    const first = all.enter();
    all.enter().check();
    const third = all.enter();
    expect(() => third.check()).toThrow(/busy/);
    third.leave();
    first.leave();
    first.leave();
    expect(all.requests).toBe(1);
    expect(() => all.enter().check()).not.toThrow();
  });

  it('takes as many bytes as it may, all bodies together', async () => {
    const all = load();
    const [first, second] = [all.enter(), all.enter()];
    await drain(first.count(bodyOf(4, 4)));
    await drain(second.count(bodyOf(2)));
    await expect(drain(second.count(bodyOf(1)))).rejects.toThrow(/busy/);
    first.leave();
    expect(all.bodiesSizeBytes).toBe(3);
    await drain(second.count(bodyOf(7)));
    second.leave();
    expect(all).toMatchObject({ requests: 0, bodiesSizeBytes: 0 });
  });
});

describe('a collector does not start', () => {
  it('on a web port that is taken, and gives up its folder', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const address = taken.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const dataDir = await tempFolder();
    const webAddress = `127.0.0.1:${address.port}`;
    const error = await startCollector({ ...collectorOptions(dataDir), webAddress }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'StartError' });
    expect((error as Error).message).toContain('--web-address');
    expect((error as Error).message).toContain(webAddress);
    await runWebCollector({ dataDir });
  });

  it('on a web port that others could reach', async () => {
    const options = { ...collectorOptions(await tempFolder()), webAddress: '0.0.0.0:0' };
    await expect(startCollector(options)).rejects.toThrow(/--web-address: 0\.0\.0\.0:0.*--dangerously-allow-remote/);
  });
});
