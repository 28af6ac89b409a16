import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type ChangeBlacklistRequestSchema, protocolLimits } from '@telemetry/gen';
import { afterAll, describe, expect, it } from 'vitest';
import { field } from '../collector/support/batches.ts';
import { runCollector } from '../collector/support/collector.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { eventually } from '../support/eventually.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { blacklistClient, refusal } from './support/blacklist-client.ts';
import { banName, banPrefix, keepList, listOf } from './support/lists.ts';

const warehouse = await WarehouseProcess.start();
afterAll(() => warehouse.remove());

async function serviceWith(entries: Parameters<typeof listOf>[0], version: number) {
  const dataDir = await tempFolder();
  await keepList(dataDir, listOf(entries, version));
  const { collector } = await runCollector({ dataDir });
  return { collector, service: blacklistClient(collector.grpcAddress) };
}

it('is healthy by its name, and found by reflection', async () => {
  const { client } = await runCollector();
  const name = 'telemetry.v1.BlacklistService';
  const health = await client.call('/grpc.health.v1.Health/Check', field(1, Buffer.from(name)));
  expect([...health]).toEqual([8, 1]);
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const services = await client.streamOnce(path, field(7, Buffer.from('*')));
  expect(services.includes(name)).toBe(true);
});

describe('GetBlacklist', () => {
  it('answers not modified to the version in force, and the whole list to any other', async () => {
    const { service } = await serviceWith([banName('a'), banPrefix('b', { product: 'viewer' })], 9);
    expect((await service.getBlacklist({ knownVersion: 9n })).result).toEqual({
      case: 'notModifiedVersion',
      value: 9n,
    });
    for (const knownVersion of [0n, 8n, 10n]) {
      const { result } = await service.getBlacklist({ knownVersion });
      expect(result).toMatchObject({ case: 'blacklist', value: { apiVersion: 1, version: 9n } });
      expect(result.case === 'blacklist' && result.value.entries).toHaveLength(2);
    }
  });

  it('sends only entries that concern the product', async () => {
    const { service } = await serviceWith(
      [banName('a'), banName('b', { product: 'viewer' }), banName('c', { product: 'editor' })],
      9,
    );
    const namesFor = async (product: string) => {
      const { result } = await service.getBlacklist({ product });
      return result.case === 'blacklist'
        ? [result.value.version, ...result.value.entries.map(({ match }) => match.value)]
        : [];
    };
    expect(await namesFor('viewer')).toEqual([9n, 'a', 'b']);
    expect(await namesFor('other')).toEqual([9n, 'a']);
    expect(await namesFor('')).toEqual([9n, 'a', 'b', 'c']);
  });

  it('says 0 where there never was a list', async () => {
    const { collector } = await runCollector();
    const service = blacklistClient(collector.grpcAddress);
    expect((await service.getBlacklist({})).result).toEqual({ case: 'notModifiedVersion', value: 0n });
    const { result } = await service.getBlacklist({ knownVersion: 4n });
    expect(result).toMatchObject({ case: 'blacklist', value: { version: 0n, entries: [] } });
  });
});

describe('WatchBlacklist', () => {
  it('ends with UNAVAILABLE when the collector stops', async () => {
    const { collector, service } = await serviceWith([banName('a')], 9);
    const versions: (bigint | undefined)[] = [];
    const ended = (async () => {
      for await (const { blacklist } of service.watchBlacklist({ knownVersion: 3n })) versions.push(blacklist?.version);
    })().catch((error: unknown) => error);
    await eventually(() => (versions.length === 1 ? true : undefined), 10_000);
    await collector.close({ drainTimeoutMs: 0 });
    expect(await ended).toMatchObject({ code: 14 });
    expect(versions).toEqual([9n]);
  });

  it('takes no more than so many, and others again when one has gone', { timeout: 120_000 }, async () => {
    // A list of nearly 3 MiB, of which 128 MiB hold 43.
    const reason = 'x'.repeat(7_500);
    const { service } = await serviceWith(
      Array.from({ length: 410 }, (_, index) => banName(`event.${index}`, { reason })),
      9,
    );
    const stop = new AbortController();
    const watch = () =>
      service.watchBlacklist({ knownVersion: 9n }, { signal: stop.signal })[Symbol.asyncIterator]().next();
    const results: string[] = [];
    for (let index = 0; index < 60; index++) {
      void watch().then(
        () => results.push('ended'),
        (error: { code?: number }) => results.push(error.code === 8 ? 'refused' : 'aborted'),
      );
    }
    await eventually(() => (results.length > 0 ? true : undefined), 30_000);
    const refusedCount = await eventually(async () => {
      const before = results.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before === results.length ? before : undefined;
    }, 30_000);
    expect(refusedCount).toBeGreaterThan(10);
    expect(refusedCount).toBeLessThan(25);
    stop.abort();
    await eventually(() => (results.length === 60 ? true : undefined), 10_000);
    const again = service.watchBlacklist({})[Symbol.asyncIterator]();
    await eventually(
      async () => ((await again.next().catch(() => undefined))?.value === undefined ? undefined : true),
      10_000,
    );
    await again.return?.(undefined);
  });
});

describe('ChangeBlacklist', () => {
  type Request = MessageInitShape<typeof ChangeBlacklistRequestSchema>;
  const ok: Request = { add: [banName('page.viewed')], reason: 'because', changedBy: 'ada' };
  const adding = (over: Parameters<typeof banName>[1]): Request => ({
    ...ok,
    add: [banName('ok'), banName('page.viewed', over)],
  });

  it('refuses what has no meaning, naming the field, and changes nothing', { timeout: 120_000 }, async () => {
    const { collector } = await runCollector({ warehouseUrl: warehouse.url });
    const service = blacklistClient(collector.grpcAddress);
    const { identifierBytesMax, nameBytesMax, valueBytesMax, blacklistEntriesMax } = protocolLimits;
    const cases: [Request, string, string][] = [
      [{ ...ok, reason: '' }, 'MISSING_FIELD', 'reason'],
      [{ ...ok, reason: ' ' }, 'MISSING_FIELD', 'reason'],
      [{ ...ok, reason: 'x'.repeat(valueBytesMax + 1) }, 'FIELD_TOO_LONG', 'reason'],
      [{ ...ok, changedBy: '' }, 'MISSING_FIELD', 'changed_by'],
      [{ ...ok, changedBy: 'x'.repeat(identifierBytesMax + 1) }, 'FIELD_TOO_LONG', 'changed_by'],
      [{ ...ok, add: [] }, 'MISSING_FIELD', 'add'],
      [{ ...ok, add: [{ reason: 'x' }] }, 'MISSING_FIELD', 'add[0].event_name'],
      [{ ...ok, add: [banName('')] }, 'MISSING_FIELD', 'add[0].event_name'],
      [{ ...ok, add: [banName('ok'), banPrefix('')] }, 'INVALID_VALUE', 'add[1].event_name_prefix'],
      [{ ...ok, add: [banPrefix('x'.repeat(nameBytesMax + 1))] }, 'FIELD_TOO_LONG', 'add[0].event_name_prefix'],
      [adding({ product: 'x'.repeat(identifierBytesMax + 1) }), 'FIELD_TOO_LONG', 'add[1].product'],
      [adding({ versionMin: '4.12' }), 'INVALID_VALUE', 'add[1].version_min'],
      [adding({ versionBelow: 'v5.0.0' }), 'INVALID_VALUE', 'add[1].version_below'],
      [adding({ versionMin: '5.0.0', versionBelow: '5.0.0' }), 'INVALID_VALUE', 'add[1].version_below'],
      [adding({ versionMin: '5.0.0', versionBelow: '5.0.0-rc.1' }), 'INVALID_VALUE', 'add[1].version_below'],
      [adding({ audience: 3 as never }), 'INVALID_VALUE', 'add[1].audience'],
      [adding({ expireTime: timestampFromMs(Date.now() - 1) }), 'INVALID_VALUE', 'add[1].expire_time'],
      [adding({ expireTime: { seconds: 1n << 60n, nanos: 0 } }), 'INVALID_VALUE', 'add[1].expire_time'],
      [
        { ...ok, removeIds: Array.from({ length: blacklistEntriesMax + 1 }, () => 'x') },
        'FIELD_TOO_LONG',
        'remove_ids',
      ],
    ];
    for (const [request, reason, field] of cases) {
      const error = await refusal((options) => service.changeBlacklist(request, options));
      expect(error, field).toMatchObject({ code: 3, reason: `ERROR_REASON_${reason}`, domain: 'telemetry.v1' });
      expect(error.violations).toMatchObject([{ field, description: expect.stringContaining(field) }]);
    }
    expect((await service.getBlacklist({ knownVersion: 1n })).result).toMatchObject({ value: { version: 0n } });
  });

  it('is refused when the list has moved on, and taken when it has not', async () => {
    const { collector } = await runCollector({ warehouseUrl: warehouse.url });
    const service = blacklistClient(collector.grpcAddress);
    const { blacklist } = await service.changeBlacklist(ok);
    const version = blacklist?.version ?? 0n;
    const results = await Promise.allSettled(
      [1, 2].map(() => service.changeBlacklist({ ...ok, expectedVersion: version })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const error = await refusal((options) => service.changeBlacklist({ ...ok, expectedVersion: version }, options));
    expect(error).toMatchObject({ code: 9, reason: 'ERROR_REASON_VERSION_CONFLICT' });
    expect(error.message).toContain(`version ${version + 1n} by now, not ${version}`);
  });

  it('gives entries what the service sets, whatever was sent, and keeps every condition', async () => {
    const { collector } = await runCollector({ warehouseUrl: warehouse.url });
    const service = blacklistClient(collector.grpcAddress);
    const expireTime = timestampFromMs(Date.now() + 3_600_000);
    const conditions = {
      product: 'größe',
      versionMin: '1.0.0-rc.1',
      versionBelow: '2.0.0',
      audience: 1 as const,
      expireTime,
    };
    const startMs = Date.now();
    const sent = { ...conditions, id: 'mine', createdBy: 'mallory', createTime: timestampFromMs(0), reason: '' };
    const { blacklist } = await service.changeBlacklist({ ...ok, add: [banPrefix('it\'s "größe"\\\n', sent)] });
    const entry = blacklist?.entries.at(-1);
    expect(entry).toMatchObject({
      ...conditions,
      createdBy: 'ada',
      reason: 'because',
      match: { value: 'it\'s "größe"\\\n' },
    });
    expect(entry?.id).toMatch(/^[0-9a-f]{16}$/);
    expect(Number(entry?.createTime?.seconds)).toBeGreaterThanOrEqual(Math.floor(startMs / 1000));
  });

  it('keeps the limit of entries, at it and above it', { timeout: 120_000 }, async () => {
    await warehouse.sql('DROP DATABASE IF EXISTS telemetry SYNC');
    const { collector } = await runCollector({ warehouseUrl: warehouse.url });
    const service = blacklistClient(collector.grpcAddress);
    const add = Array.from({ length: protocolLimits.blacklistEntriesMax }, (_, index) =>
      banName(`e${index}`, { reason: 'x' }),
    );
    const full = await service.changeBlacklist({ ...ok, add });
    expect(full.blacklist?.entries).toHaveLength(protocolLimits.blacklistEntriesMax);
    const error = await refusal((options) => service.changeBlacklist(ok, options));
    expect(error).toMatchObject({ code: 3, reason: 'ERROR_REASON_FIELD_TOO_LONG', violations: [{ field: 'add' }] });
    const removeIds = [full.blacklist?.entries[0]?.id ?? ''];
    const swapped = await service.changeBlacklist({ ...ok, removeIds });
    expect(swapped.blacklist?.entries).toHaveLength(protocolLimits.blacklistEntriesMax);
    const long = Array.from({ length: 500 }, (_, index) => banName(`f${index}`, { reason: 'x'.repeat(8_000) }));
    const all = swapped.blacklist?.entries.map(({ id }) => id) ?? [];
    const tooLarge = await refusal((options) => service.changeBlacklist({ ...ok, removeIds: all, add: long }, options));
    expect(tooLarge).toMatchObject({ code: 3, reason: 'ERROR_REASON_FIELD_TOO_LONG', violations: [{ field: 'add' }] });
  });
});
