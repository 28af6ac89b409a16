import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Outcome } from '@telemetry/gen';
import { createChannel, createClient } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StartError, startCollector } from '../../../collector/src/index.ts';
import { batch, event, field, plainRequest, serialize } from '../support/batches.ts';
import { startChildCollector } from '../support/child-collector.ts';
import { collectorOptions, runCollector, spooledBatches } from '../support/collector.ts';
import { RawClient } from '../support/raw-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const request = () => {
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  return plainRequest(serialize(batch({ producerId: randomBytes(16), events: [event(1, { timeUnixUs })] })));
};

/** Starts a collector that must not start. */
async function startError(over: Partial<Parameters<typeof startCollector>[0]>): Promise<Error> {
  try {
    const collector = await startCollector({ ...collectorOptions(over.dataDir ?? (await tempFolder())), ...over });
    await collector.close({ drainTimeoutMs: 0 });
  } catch (error) {
    return error as Error;
  }
  throw new Error('it started');
}

describe('an address', () => {
  it('that is taken is a StartError, and the folder is free again', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const port = (other.address() as { port: number }).port;
    const dataDir = await tempFolder();
    const error = await startError({ dataDir, grpcAddress: `127.0.0.1:${port}` });
    expect(error).toBeInstanceOf(StartError);
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(error.message).toContain('--grpc-address');
    const { client } = await runCollector({ dataDir });
    expect((await client.publish(request())).outcome).toBe(Outcome.ACCEPTED);
  });

  it('that another collector has is a StartError', async () => {
    const { collector } = await runCollector();
    expect(await startError({ grpcAddress: collector.grpcAddress })).toBeInstanceOf(StartError);
  });

  it.each(['0.0.0.0:0', '[::]:0', '10.1.2.3:4400', 'example.com:4400'])(
    'beyond loopback (%s) is refused',
    async (grpcAddress) => {
      const error = await startError({ grpcAddress });
      expect(error).toBeInstanceOf(StartError);
      expect(error.message).toContain('--dangerously-allow-remote');
    },
  );

  it('beyond loopback is taken when the danger is accepted', async () => {
    const { client, collector } = await runCollector({ grpcAddress: '0.0.0.0:0', dangerouslyAllowRemote: true });
    expect(collector.grpcAddress).toMatch(/^0\.0\.0\.0:[1-9]\d*$/);
    expect((await client.publish(request())).outcome).toBe(Outcome.ACCEPTED);
  });

  it.each([
    '',
    '4400',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:70000',
    'http://127.0.0.1:4400',
    '::1:0',
    '127.0.0.1:0x10',
  ])('that is none (“%s”) is refused with an example', async (grpcAddress) => {
    const error = await startError({ grpcAddress });
    expect(error).toBeInstanceOf(StartError);
    expect(error.message).toContain('127.0.0.1:4400');
  });

  it.each(['localhost:0', '[::1]:0'])('may be %s', async (grpcAddress) => {
    const { client } = await runCollector({ grpcAddress });
    expect((await client.publish(request())).outcome).toBe(Outcome.ACCEPTED);
  });
});

describe('a data directory', () => {
  it('that this process has is a StartError', async () => {
    const { dataDir } = await runCollector();
    const error = await startError({ dataDir });
    expect(error).toBeInstanceOf(StartError);
    expect(error.message).toContain(dataDir);
  });

  it('that another process has is a StartError naming it, until that one is gone', async () => {
    const dataDir = await tempFolder();
    const child = await startChildCollector(dataDir);
    const error = await startError({ dataDir });
    expect(error).toBeInstanceOf(StartError);
    expect(error.message).toContain(dataDir);
    expect(error.message).toMatch(/process \d+/);
    await child.kill();
    const { client } = await runCollector({ dataDir });
    expect((await client.publish(request())).outcome).toBe(Outcome.ACCEPTED);
  });

  it('below a file, or where nobody may write, is a StartError', async () => {
    const file = join(await tempFolder(), 'file');
    await writeFile(file, '');
    for (const dataDir of [file, join(file, 'below'), '/proc/collector', '/dev/null/x']) {
      const error = await startError({ dataDir });
      expect(error, dataDir).toBeInstanceOf(StartError);
      expect(error.message).toContain(dataDir);
      expect(error.message).toContain('--data-dir');
    }
  });

  it('on a file system that is read-only is a StartError', async (context) => {
    const disk = await smallDisk('size=64k,ro');
    if ('reason' in disk) context.skip(disk.reason);
    else expect(await startError({ dataDir: disk.path })).toBeInstanceOf(StartError);
  });

  it('keeps the collector’s id over restarts', async () => {
    const dataDir = await tempFolder();
    const ids = new Set<string>();
    for (let life = 0; life < 2; life++) {
      const collector = await startCollector(collectorOptions(dataDir));
      ids.add(await readFile(join(dataDir, 'collector-id'), 'utf8'));
      await collector.close({ drainTimeoutMs: 0 });
    }
    expect(ids.size).toBe(1);
    expect([...ids][0]).toMatch(/^[0-9a-f]{16}\n$/);
  });
});

describe('services beside', () => {
  it('tells its health to the stock client, and that it is stopping', async () => {
    const { collector } = await runCollector();
    const channel = createChannel(collector.grpcAddress);
    onTestFinished(() => channel.close());
    const health = createClient(HealthDefinition, channel);
    for (const service of ['', 'telemetry.v1.CollectorService']) {
      expect((await health.check({ service })).status).toBe(1);
    }
    await expect(health.check({ service: 'nobody' })).rejects.toThrow(/NOT_FOUND/);
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { status } of health.watch({ service: '' })) {
        seen.push(status);
        if (seen.length === 1) void collector.close({ drainTimeoutMs: 0 });
      }
    })();
    await watching.catch(() => {});
    // SERVING, then NOT_SERVING.
    expect(seen).toEqual([1, 2]);
  });

  it('lists its services by reflection, with their files', async () => {
    const { collector } = await runCollector();
    const client = new RawClient(collector.grpcAddress);
    onTestFinished(() => client.close());
    const ask = (request: Uint8Array) =>
      client.streamOnce('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', request);
    // list_services = 7; file_containing_symbol = 4.
    const services = (await ask(field(7, Buffer.from('*')))).toString('latin1');
    expect(services).toContain('telemetry.v1.CollectorService');
    const files = (await ask(field(4, Buffer.from('telemetry.v1.CollectorService')))).toString('latin1');
    expect(files).toContain('collector_service.proto');
    expect(files).toContain('PublishStream');
  });
});

it.each([
  ['a text', Uint8Array.of(0x22, 0xff, 0xff, 0xff, 0x7f, 0x61)],
  ['a text in an extension', Uint8Array.of(0x2a, 0x06, 0x0a, 0xff, 0xff, 0xff, 0x7f, 0x61)],
  ['an extension', Uint8Array.of(0x2a, 0xff, 0xff, 0xff, 0x7f, 0x61)],
  ['a field that is not known', Uint8Array.of(0x7a, 0xff, 0xff, 0xff, 0x7f, 0x61)],
])(
  'a reflection request that claims more than it has, in %s, is refused, and nobody waits for it',
  async (_, request) => {
    const { client } = await runCollector();
    const answer = client.streamOnce('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', request);
    const startedMs = performance.now();
    await expect(answer).rejects.toThrow(/INTERNAL/);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  },
);

describe('a graceful stop', () => {
  it('keeps all that it acknowledged, for the next life', async () => {
    const dataDir = await tempFolder();
    const first = await startCollector(collectorOptions(dataDir));
    const client = new RawClient(first.grpcAddress);
    onTestFinished(() => client.close());
    const requests = Array.from({ length: 20 }, request);
    for (const one of requests) await client.publish(one);
    expect(await first.close({ drainTimeoutMs: 0 })).toEqual({ drained: false });
    expect(await spooledBatches(dataDir)).toHaveLength(20);
    const second = await runCollector({ dataDir });
    for (const one of requests) expect((await second.client.publish(one)).outcome).toBe(Outcome.DUPLICATE);
    expect(await spooledBatches(dataDir)).toHaveLength(20);
  });

  it('is drained when there is nothing to load, and can be asked for twice', async () => {
    const collector = await startCollector(collectorOptions(await tempFolder()));
    expect(await collector.close()).toEqual({ drained: true });
    expect(await collector.close()).toEqual({ drained: true });
  });
});
