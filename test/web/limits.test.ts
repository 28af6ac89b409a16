import { once } from 'node:events';
import { connect } from 'node:net';
import { noAccessKeys } from '@telemetry/warehouse';
import { expect, it, onTestFinished } from 'vitest';
import { AccessGate } from '../../collector/src/access/access-gate.ts';
import * as limits from '../../collector/src/limits.ts';
import { RetryDelay } from '../../collector/src/service/retry-delay.ts';
import { createWebServer } from '../../collector/src/web/web-server.ts';

/** A web port without services. */
function webServer() {
  return createWebServer({
    binaryRoutes: [],
    jsonRoutes: [],
    pages: new Map(),
    allowedOrigins: [],
    retryDelay: new RetryDelay(1, 2, () => 0),
    gate: new AccessGate(noAccessKeys),
    tls: undefined,
    onError: () => {},
  }).server;
}

it('the web port has the bounds of its connections and times', () => {
  const server = webServer();
  expect(server).toMatchObject({
    maxConnections: limits.WEB_CONNECTIONS_MAX,
    headersTimeout: limits.WEB_HEADERS_TIMEOUT_MS,
    requestTimeout: limits.WEB_REQUEST_TIMEOUT_MS,
  });
});

it('connections below and at the bound are served, and one more is closed', async () => {
  const server = webServer();
  server.maxConnections = 2;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const open = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  const served = async () => {
    const socket = open();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)]);
  };
  expect([await served(), await served(), await served()]).toEqual([true, true, false]);
});
