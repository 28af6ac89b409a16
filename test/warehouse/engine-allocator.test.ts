import { availableParallelism } from 'node:os';
import { createClient } from '@clickhouse/client';
import { expect, onTestFinished, test } from 'vitest';
import { engineAllocatorConfiguration } from '../../collector/src/command/engine-allocator.ts';
import { startService } from '../bench/ingest/service-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the engine's allocator says of an option. */
async function optionOf(name: string, variables: Record<string, string>): Promise<string | undefined> {
  const args = ['warehouse', '--json', '--data-dir', temporaryFolder(), '--sql-address', '127.0.0.1:0'];
  const service = await startService(args, variables);
  onTestFinished(() => service.stop('now'));
  const client = createClient({ url: String(service.ready['sql_url']) });
  onTestFinished(() => client.close());
  const result = await client.query({ query: 'SELECT stats FROM system.jemalloc_stats', format: 'JSONEachRow' });
  const [row] = await result.json<{ stats: string }>();
  return new RegExp(`opt\\.${name}: (\\S+)`).exec(row?.stats ?? '')?.[1];
}

test('the engine keeps the memory of a load for the next one, unless its allocator was told otherwise', async () => {
  expect(await optionOf('dirty_decay_ms', {})).toBe('300000');
  expect(await optionOf('thp', {})).toBe('"always"');
  expect(await optionOf('narenas', {})).toBe(String(Math.ceil(availableParallelism() / 4)));
  expect(await optionOf('dirty_decay_ms', { JE_MALLOC_CONF: 'dirty_decay_ms:7000' })).toBe('7000');
});

test.each([
  [1, 1],
  [4, 1],
  [5, 2],
  [64, 16],
])('with %i cores its allocator has %i arenas', (cores, arenas) => {
  expect(engineAllocatorConfiguration(cores)).toMatch(new RegExp(`narenas:${arenas}$`));
});
