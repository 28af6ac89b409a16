import { createServer } from 'node:net';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import * as limits from '../../collector/src/limits.ts';
import { runCollector } from '../collector/support/collector.ts';
import { openCall, openSession } from '../faults/support/raw-http2.ts';
import { eventually } from '../support/eventually.ts';
import { frame } from '../support/grpc-messages.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { blacklistClient, refusal } from './support/blacklist-client.ts';
import { banName } from './support/lists.ts';

const warehouse = await WarehouseProcess.start();
afterAll(() => warehouse.remove());

it('a page of the history has as many changes as asked for, up to its bounds in number and size', {
  timeout: 120_000,
}, async () => {
  const { collector } = await runCollector({ warehouseUrl: warehouse.url });
  const service = blacklistClient(collector.grpcAddress);
  const change = (add: ReturnType<typeof banName>[], removeIds: string[] = []) =>
    service.changeBlacklist({ add, removeIds, reason: 'test', changedBy: 'ada' });
  await eventually(() => change([banName('first')]).catch(() => undefined), 20_000);
  const pageOf = async (pageSize: number) => (await service.listBlacklistChanges({ pageSize })).changes.length;

  // Large ones, each of which takes the place of the one before.
  let ids: string[] = [];
  const sizeBytes = 80 * 8_100;
  for (let index = 0; index < 5; index++) {
    const add = Array.from({ length: 80 }, (_, at) => banName(`long.${index}.${at}`, { reason: 'x'.repeat(8_000) }));
    ids =
      (await change(add, ids)).blacklist?.entries.filter(({ reason }) => reason.length > 10).map(({ id }) => id) ?? [];
  }
  // The last ones say what they removed, too.
  const fitting = Math.floor(limits.BLACKLIST_CHANGES_SIZE_BYTES_MAX / (2 * sizeBytes));
  expect([await pageOf(fitting), await pageOf(fitting + 1), await pageOf(5)]).toEqual([fitting, fitting, fitting]);

  await warehouse.sql(
    `INSERT INTO telemetry.blacklist_change (time, change_id, changed_by, reason)
     SELECT now64(3) + number, toString(generateUUIDv4()), 'ada', 'many' FROM numbers(${limits.BLACKLIST_CHANGES_MAX + 1})`,
  );
  const { BLACKLIST_CHANGES_DEFAULT: few, BLACKLIST_CHANGES_MAX: most } = limits;
  const sizes: number[] = [];
  for (const pageSize of [0, few - 1, few, few + 1, most - 1, most, most + 1]) sizes.push(await pageOf(pageSize));
  expect(sizes).toEqual([few, few - 1, few, few + 1, most - 1, most, most]);
});

it('so many changes wait for the warehouse, and one more is told to come back', { timeout: 60_000 }, async () => {
  // Takes questions and answers none.
  const sockets = new Set<{ destroy(): void }>();
  const silent = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  onTestFinished(() => void silent.close());
  const { collector } = await runCollector({ warehouseUrl: `http://127.0.0.1:${port}` });
  const service = blacklistClient(collector.grpcAddress);
  const asked = Array.from({ length: limits.BLACKLIST_REQUESTS_MAX }, () =>
    service.listBlacklistChanges({}).then(
      () => 0,
      (error: { code: number }) => error.code,
    ),
  );
  const above = await refusal((options) => service.listBlacklistChanges({}, options));
  expect(above).toMatchObject({ code: 8, reason: 'ERROR_REASON_OVERLOADED' });
  expect(above.retryDelayMs).toBeGreaterThan(0);
  silent.close();
  for (const socket of sockets) socket.destroy();
  // UNAVAILABLE: those that waited were asked for.
  expect(await Promise.all(asked)).toEqual(asked.map(() => 14));
});

it('so many watch the list, and one more is told to go by the acknowledgements', { timeout: 60_000 }, async () => {
  const { collector } = await runCollector();
  const watchers = limits.BLACKLIST_WATCHERS_MAX;
  const sessions = await Promise.all(
    Array.from({ length: Math.ceil((watchers + 1) / limits.GRPC_CALLS_PER_CONNECTION_MAX) }, () =>
      openSession(collector.grpcAddress),
    ),
  );
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  let refused = 0;
  const watch = (index: number) => {
    const session = sessions[Math.floor(index / limits.GRPC_CALLS_PER_CONNECTION_MAX)];
    if (session === undefined) throw new Error('too few connections');
    const call = openCall(session, 'WatchBlacklist', {}, '/telemetry.v1.BlacklistService/');
    void call.ended.then((end) => {
      if (end.grpcStatus === 8 && end.hasRetryInfo) refused++;
    });
    call.stream.end(frame(new Uint8Array(0)));
    return call;
  };
  const calls = Array.from({ length: watchers }, (_, index) => watch(index));
  // Calls of a connection are begun in order, so this one is answered last.
  await new Promise<void>((resolve) => calls.at(-1)?.stream.session?.ping(() => resolve()));
  const above = watch(watchers);
  expect(await above.ended).toMatchObject({ grpcStatus: 8, message: expect.stringContaining('acknowledgements') });
  expect(refused).toBe(1);
});
