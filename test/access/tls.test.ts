import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type PeerCertificate } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { createTelemetry } from '@telemetry/client';
import { Outcome } from '@telemetry/gen';
import { type TlsFiles, TlsWatch } from '@telemetry/warehouse';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { plainRequest, serialize } from '../collector/support/batches.ts';
import { runCollector } from '../collector/support/collector.ts';
import { RawClient } from '../collector/support/raw-client.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { freshBatch } from '../web/support/requests.ts';
import { type Authority, type Certificate, makeAuthority } from './support/certificates.ts';
import { KeyBook } from './support/keys.ts';

let authority: Authority;
let others: Authority;

beforeAll(() => {
  authority = makeAuthority('test authority');
  others = makeAuthority('another authority');
});

/** Files of a server's certificate, which a test may replace. */
function certificateFiles(first: Certificate, clientCa?: string) {
  const folder = temporaryFolder(onTestFinished);
  const files: TlsFiles = {
    certificate: join(folder, 'server.pem'),
    privateKey: join(folder, 'server.key'),
    ...(clientCa === undefined ? {} : { clientCa: join(folder, 'clients.pem') }),
  };
  const write = ({ certificate, privateKey }: Certificate) => {
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.privateKey, privateKey, { mode: 0o600 });
  };
  write(first);
  if (files.clientCa !== undefined) writeFileSync(files.clientCa, clientCa ?? '');
  return { files, write };
}

/** The name in the certificate that a port shows. */
function nameShown(address: string, alpn?: string): Promise<string> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve, reject) => {
    const options = { host, port: Number(port), ca: authority.certificate, ...(alpn ? { ALPNProtocols: [alpn] } : {}) };
    const socket = connect(options, () => {
      const certificate: PeerCertificate = socket.getPeerCertificate();
      socket.destroy();
      resolve(String(certificate.subject.CN));
    });
    socket.once('error', reject);
  });
}

function rawClient(address: string, own?: Certificate, ca: Authority = authority): RawClient {
  const secure = credentials.createSsl(
    Buffer.from(ca.certificate),
    own === undefined ? null : Buffer.from(own.privateKey),
    own === undefined ? null : Buffer.from(own.certificate),
  );
  const client = new RawClient(address, undefined, secure);
  onTestFinished(() => client.close());
  return client;
}

async function getText(url: string, own?: Certificate, body?: string, headers: Record<string, string> = {}) {
  const agent = new Agent({
    ca: authority.certificate,
    ...(own === undefined ? {} : { cert: own.certificate, key: own.privateKey }),
  });
  onTestFinished(() => agent.destroy());
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    httpsRequest(url, { agent, method, headers }, resolve).once('error', reject).end(body);
  });
  return text(response);
}

function request(): Uint8Array {
  return plainRequest(serialize(freshBatch()));
}

test('gRPC and the web port are encrypted, and answer nobody who is not', async () => {
  const { files } = certificateFiles(authority.issue('first'));
  const { collector } = await runCollector({ tls: files, webAddress: '127.0.0.1:0' });
  expect((await rawClient(collector.grpcAddress).publish(request())).outcome).toBe(Outcome.ACCEPTED);
  expect(await getText(`https://${collector.webAddress}/healthz`)).toContain('alive');
  const plain = new RawClient(collector.grpcAddress);
  onTestFinished(() => plain.close());
  await expect(plain.publish(request())).rejects.toThrow();
  await expect(fetch(`http://${collector.webAddress}/healthz`)).rejects.toThrow();
  await expect(rawClient(collector.grpcAddress, undefined, others).publish(request())).rejects.toThrow();
});

test('a certificate that is replaced is shown to new connections, and open ones go on', async () => {
  const { files, write } = certificateFiles(authority.issue('first'));
  const { collector } = await runCollector({ tls: files, webAddress: '127.0.0.1:0' });
  const ports = [
    [collector.grpcAddress, 'h2'],
    [String(collector.webAddress), 'http/1.1'],
  ] as const;
  for (const [address, alpn] of ports) expect(await nameShown(address, alpn)).toBe('first');
  const stream = rawClient(collector.grpcAddress).stream();
  await stream.send(request());
  await stream.nextAcks(1);
  write(authority.issue('second'));
  for (const [address, alpn] of ports) {
    await expect.poll(() => nameShown(address, alpn), { timeout: 5_000 }).toBe('second');
  }
  await stream.send(request());
  expect((await stream.nextAcks(2))[1]?.outcome).toBe(Outcome.ACCEPTED);
  stream.end();
  expect(await stream.ended).toBeUndefined();
});

test('with certificates of clients, only those that are signed by them come in', async () => {
  const { files } = certificateFiles(authority.issue('server'), authority.certificate);
  const { collector } = await runCollector({ tls: files, webAddress: '127.0.0.1:0' });
  const good = authority.issue('client');
  expect((await rawClient(collector.grpcAddress, good).publish(request())).outcome).toBe(Outcome.ACCEPTED);
  expect(await getText(`https://${collector.webAddress}/healthz`, good)).toContain('alive');
  for (const bad of [undefined, others.issue('stranger')]) {
    await expect(rawClient(collector.grpcAddress, bad).publish(request())).rejects.toThrow();
    await expect(getText(`https://${collector.webAddress}/healthz`, bad)).rejects.toThrow();
  }
});

test('the client library sends with a key, its own certificate, and the signer of the collector’s', async () => {
  const { files } = certificateFiles(authority.issue('server'), authority.certificate);
  const book = new KeyBook(temporaryFolder(onTestFinished));
  const key = await book.add('ingest', ['editor']);
  const { collector } = await runCollector({ tls: files, keysFile: book.path });
  const own = authority.issue('client');
  const telemetry = createTelemetry({
    store: 'memory',
    product: { name: 'editor' },
    endpoint: collector.grpcAddress,
    key,
    tls: { ca: authority.certificate, ...own },
  });
  telemetry.featureUsed('save');
  expect(await telemetry.shutdown()).toMatchObject({ complete: true, acknowledged: 1 });

  const wrong = createTelemetry({
    store: 'memory',
    product: { name: 'editor' },
    endpoint: collector.grpcAddress,
    key: `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`,
    tls: { ca: authority.certificate, ...own },
  });
  const errors: { kind: string; message: string }[] = [];
  wrong.on('error', (error) => errors.push(error));
  wrong.featureUsed('save');
  void wrong.flush({ timeoutMs: 5_000 });
  await eventually(() => errors[0], 5_000);
  expect(errors[0]).toMatchObject({ kind: 'permanent', message: expect.stringContaining('UNAUTHENTICATED') });
  expect(errors[0]?.message).not.toContain(key.slice(20, 60));
  expect(await wrong.shutdown({ timeoutMs: 1 })).toMatchObject({ pending: 1, dropped: 0 });
});

test.each([
  [{ key: 'a b' }, /^key: /],
  [{ tls: { certificate: 'x' } }, /both or neither/],
  [{ tls: { ca: 'x', certificate: 'x', privateKey: 'x' } }, /^tls: cannot be used/],
  [{ tls: {}, endpoint: 'http://127.0.0.1:4400' }, /is not encrypted/],
])('the client library refuses %j', (over, message) => {
  const make = () =>
    createTelemetry({ store: 'memory', product: { name: 'editor' }, endpoint: '127.0.0.1:4400', ...over });
  expect(make).toThrow(message);
});

test('the SQL port is encrypted and takes a new certificate', async () => {
  const { files, write } = certificateFiles(authority.issue('first'));
  const book = new KeyBook(temporaryFolder(onTestFinished));
  const admin = await book.add('admin');
  const warehouse = await WarehouseProcess.start({ tls: files, keysFile: book.path });
  onTestFinished(() => warehouse.remove());
  expect(warehouse.url).toMatch(/^https:/);
  const headers = { 'X-ClickHouse-Key': admin };
  expect(await getText(`${warehouse.url}/`, undefined, 'SELECT 1', headers)).toBe('1\n');
  const address = new URL(warehouse.url).host;
  expect(await nameShown(address)).toBe('first');
  write(authority.issue('second'));
  await expect.poll(() => nameShown(address), { timeout: 5_000 }).toBe('second');
});

function watch(files: TlsFiles) {
  const faults: string[] = [];
  // Looked at by hand: the interval is longer than the test.
  const tls = new TlsWatch({ files, onFault: ({ message }) => faults.push(message), pollMs: 3_600_000 });
  onTestFinished(() => tls.stop());
  return { tls, faults };
}

test('a pair that does not fit keeps the old one, and is told when it is not a moment between two writes', () => {
  const [first, second] = [authority.issue('first'), authority.issue('second')];
  const { files, write } = certificateFiles(first);
  const { tls, faults } = watch(files);
  let changes = 0;
  tls.onChange(() => changes++);
  // The certificate is new, the key is not yet.
  writeFileSync(files.certificate, second.certificate);
  tls.look();
  expect(faults).toEqual([]);
  tls.look();
  tls.look();
  expect(faults).toHaveLength(1);
  expect(tls.faults).toBe(1);
  expect(faults[0]).toContain(files.certificate);
  expect(tls.material.certificate.toString()).toBe(first.certificate);
  write(second);
  tls.look();
  expect(tls.material.certificate.toString()).toBe(second.certificate);
  expect(changes).toBe(1);
});

test.each([
  ['a key of another', (files: TlsFiles) => writeFileSync(files.privateKey, others.issue('x').privateKey)],
  ['no PEM', (files: TlsFiles) => writeFileSync(files.certificate, randomBytes(100))],
  ['no certificate of clients', (files: TlsFiles) => writeFileSync(String(files.clientCa), 'nothing')],
])('a start with %s is refused', async (_, harm) => {
  const { files } = certificateFiles(authority.issue('first'), authority.certificate);
  harm(files);
  expect(() => watch(files)).toThrow(/cannot be used for TLS/);
  await expect(runCollector({ tls: files })).rejects.toThrow(/cannot be used for TLS/);
});
