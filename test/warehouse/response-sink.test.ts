import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ResponseSink } from '../../warehouse/src/http/response-sink.ts';

/** A response whose client has gone, as when a collector is killed while its insert runs. */
async function abandonedResponse(): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => {});
  client.end();
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const closed = once(response, 'close');
  client.destroy();
  await closed;
  return response;
}

test.each([false, true])('a client that left before the answer is noticed at once (gzip: %s)', async (isGzip) => {
  const response = await abandonedResponse();
  const startMs = performance.now();
  await expect(new ResponseSink(response, isGzip).end()).rejects.toThrow('the client has gone');
  await new ResponseSink(response, isGzip).breakOff('late');
  expect(performance.now() - startMs).toBeLessThan(10_000);
});
