import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Code, ConnectError } from '@connectrpc/connect';
import { BlacklistService, CollectorService, Durability, Encoding, Outcome, protocolLimits } from '@telemetry/gen';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '@telemetry/gen/google-rpc';
import { describe, expect, it } from 'vitest';
import { banName, keepList, listOf } from '../blacklist/support/lists.ts';
import { batch, field, plainRequest, serialize, varintField } from '../collector/support/batches.ts';
import { spooledBatches } from '../collector/support/collector.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { freshBatch, freshJson } from './support/requests.ts';
import { protocols, runWebCollector, webClient } from './support/web-collector.ts';

const run = promisify(execFile);
const PUBLISH = '/telemetry.v1.CollectorService/Publish';

/** The error that a call ends with. */
async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe.each(protocols)('a stock client of %s', (protocol) => {
  it('publishes plain and sealed batches, once each', async () => {
    const { url, dataDir, collector } = await runWebCollector();
    const client = webClient(CollectorService, url, protocol);
    const plain = freshBatch();
    const sealed = freshBatch('viewer', 3);
    const content = { case: 'batch' as const, value: plain };
    const first = await client.publish({ content });
    expect(first.ack).toMatchObject({
      outcome: Outcome.ACCEPTED,
      durability: Durability.SPOOLED,
      acceptedEvents: 1,
    });
    expect((await client.publish({ content, attempt: 2 })).ack?.outcome).toBe(Outcome.DUPLICATE);
    const bytes = gzipSync(serialize(sealed));
    const answer = await client.publish({ content: { case: 'sealed', value: { encoding: Encoding.GZIP, bytes } } });
    expect(answer.ack).toMatchObject({ outcome: Outcome.ACCEPTED, acceptedEvents: 3 });
    expect(collector.counts).toMatchObject({ accepted: 2, duplicates: 1 });
    const stored = await spooledBatches(dataDir);
    expect(stored.map(({ core }) => core?.product?.name).sort()).toEqual(['editor', 'viewer']);
    expect(stored.map(({ producerId }) => Buffer.from(producerId).toString('hex')).sort()).toEqual(
      [plain, sealed].map(({ producerId }) => Buffer.from(producerId).toString('hex')).sort(),
    );
  });

  it('is told why a batch is refused, with the details that gRPC has', async () => {
    const { url } = await runWebCollector();
    const client = webClient(CollectorService, url, protocol);
    const value = { ...freshBatch(), producerId: new Uint8Array(5) };
    const error = await errorOf(client.publish({ content: { case: 'batch', value } }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.rawMessage).toContain('producer_id');
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: 'ERROR_REASON_BAD_PRODUCER_ID', domain: 'telemetry.v1' },
    ]);
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations).toMatchObject([{ field: 'producer_id' }]);
  });

  it('is told when to come back', async () => {
    const { url } = await runWebCollector({ spoolSizeBytesMax: 0 });
    const client = webClient(CollectorService, url, protocol);
    const error = await errorOf(client.publish({ content: { case: 'batch', value: freshBatch() } }));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe('ERROR_REASON_OVERLOADED');
    const [retry] = error.findDetails(RetryInfoSchema);
    expect(Number(retry?.retryDelay?.seconds ?? 0n) + (retry?.retryDelay?.nanos ?? 0)).toBeGreaterThan(0);
  });

  it('asks for the limits and the blacklist', async () => {
    const { url } = await runWebCollector();
    const { limits } = await webClient(CollectorService, url, protocol).getLimits({});
    expect(limits?.batchEventsMax).toBe(protocolLimits.batchEventsMax);
    const { result } = await webClient(BlacklistService, url, protocol).getBlacklist({});
    expect(result.case === 'blacklist' ? result.value.version : result.value).toBe(0n);
  });
});

it.each(protocols)('a stock client of %s watches the blacklist until the collector stops', async (protocol) => {
  const dataDir = await tempFolder();
  await keepList(dataDir, listOf([banName('secret.used')], 3));
  const { url, collector } = await runWebCollector({ dataDir });
  const client = webClient(BlacklistService, url, protocol);
  const lists = client.watchBlacklist({})[Symbol.asyncIterator]();
  const { value } = await lists.next();
  expect(value?.blacklist).toMatchObject({ version: 3n, entries: [{ match: { value: 'secret.used' } }] });
  const ended = lists.next().catch((error: unknown) => error);
  await collector.close({ drainTimeoutMs: 0 });
  expect(await ended).toSatisfy((end) => end instanceof ConnectError || (end as { done: boolean }).done);
});

describe('a batch in protobuf', () => {
  it('reaches the receiver byte for byte', async () => {
    const { url, client, dataDir } = await runWebCollector();
    // A field of a later version between those of this one, and a length in more bytes than it needs.
    const known = serialize(freshBatch());
    const bytes = Buffer.concat([known, field(90, Buffer.from('later')), varintField(91, 7)]);
    const body = plainRequest(bytes);
    const headers = { 'Content-Type': 'application/proto' };
    const answer = await fetch(url + PUBLISH, { method: 'POST', headers, body: Buffer.from(body) });
    expect(answer.status).toBe(200);
    // The same batch over gRPC has the same digest, or it would be a conflict.
    expect((await client.publish(plainRequest(bytes, 2))).outcome).toBe(Outcome.DUPLICATE);
    const [stored] = await spooledBatches(dataDir);
    expect(stored?.$unknown?.map(({ no }) => no)).toEqual([90, 91]);
  });

  it('is refused for text that is not UTF-8, which a decoder would have replaced', async () => {
    const { url } = await runWebCollector();
    const product = field(4, field(1, Uint8Array.of(0x66, 0xff)));
    const core = field(2, product);
    const bytes = Buffer.concat([serialize(batch({ producerId: new Uint8Array(16), core: undefined as never })), core]);
    const headers = { 'Content-Type': 'application/proto' };
    const answer = await fetch(url + PUBLISH, { method: 'POST', headers, body: Buffer.from(plainRequest(bytes)) });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ details: [{ debug: { reason: 'ERROR_REASON_MALFORMED' } }, {}] });
  });
});

it('curl publishes JSON', async () => {
  const { url, collector } = await runWebCollector();
  const args = ['--silent', '--json', freshJson(), url + PUBLISH];
  const { stdout } = await run('curl', args);
  expect(JSON.parse(stdout)).toEqual({
    ack: { outcome: 'OUTCOME_ACCEPTED', durability: 'DURABILITY_SPOOLED', acceptedEvents: 1 },
  });
  expect(JSON.parse((await run('curl', args)).stdout)).toMatchObject({ ack: { outcome: 'OUTCOME_DUPLICATE' } });
  expect(collector.counts).toMatchObject({ accepted: 1, duplicates: 1 });
});

it('a batch that gRPC took is a duplicate over HTTP', async () => {
  const { url, client } = await runWebCollector();
  const value = freshBatch();
  expect((await client.publish(plainRequest(serialize(value)))).outcome).toBe(Outcome.ACCEPTED);
  const web = webClient(CollectorService, url, 'Connect JSON');
  expect((await web.publish({ content: { case: 'batch', value }, attempt: 2 })).ack?.outcome).toBe(Outcome.DUPLICATE);
});

it('PublishStream, which streams both ways, is not there over HTTP/1.1', async () => {
  const { url } = await runWebCollector();
  const headers = { 'Content-Type': 'application/connect+proto' };
  const path = '/telemetry.v1.CollectorService/PublishStream';
  const answer = await fetch(url + path, { method: 'POST', headers, body: new Uint8Array(5) });
  expect(answer.status).toBe(505);
  expect(((await answer.json()) as { message: string }).message).toContain('gRPC port');
});
