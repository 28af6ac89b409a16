import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@clickhouse/client';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { writeSequenceFile } from '../support/sequence-file.ts';
import { serve, telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const curl = promisify(execFile);

test('@clickhouse/client and curl answer SQL while events stream in', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'views.seq');
  const { expected } = writeSequenceFile(file, 20_000, 1);
  const served = await serve(join(folder, 'data'));
  const client = createClient({ url: served.sqlUrl });
  onTestFinished(() => client.close());

  let isReplaying = true;
  const replay = telemetry(['replay', file, '--json', '--grpc-address', served.grpcAddress]).finally(() => {
    isReplaying = false;
  });
  let answers = 0;
  let previous = 0;
  while (isReplaying) {
    const result = await client.query({
      query: 'SELECT count() AS events FROM telemetry.events WHERE product = {product:String}',
      query_params: { product: 'msnbc.com' },
      format: 'JSONEachRow',
    });
    const events = Number((await result.json<{ events: string }>())[0]?.events);
    expect(events).toBeGreaterThanOrEqual(previous);
    previous = events;
    const { stdout } = await curl('curl', [
      '--silent',
      '--show-error',
      '--fail-with-body',
      served.sqlUrl,
      '--data-binary',
      'SELECT 6 * 7',
    ]);
    expect(stdout).toBe('42\n');
    answers++;
  }
  expect((await replay).code).toBe(0);
  expect(answers).toBeGreaterThan(3);
  const total = expected.reduce((sum, row) => sum + row.events, 0);
  await eventually(
    async () => {
      const result = await client.query({
        query: 'SELECT count() AS events FROM telemetry.events',
        format: 'JSONEachRow',
      });
      return Number((await result.json<{ events: string }>())[0]?.events) === total ? true : undefined;
    },
    30_000,
    served.log,
  );
});
