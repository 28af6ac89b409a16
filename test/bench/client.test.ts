import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, 'client.ts');

test('prints one line of JSON with all figures, of the peers as well', { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--quick', '--json', '--events', '20000']);
  const [line = '', ...rest] = stdout.split('\n');
  expect(rest).toStrictEqual(['']);
  const { peers, ...ours } = JSON.parse(line);
  const figures = {
    log_ns_median: expect.any(Number),
    log_ns_p99: expect.any(Number),
    events_per_s: expect.any(Number),
    delivered_share: 1,
    seal_cpu_ms_per_1000_events: expect.any(Number),
    heap_growth_mb: expect.any(Number),
    install_mb: null,
  };
  expect(ours).toStrictEqual({ ...figures, browser_gzip_kib: expect.any(Number) });
  expect(peers).toStrictEqual({
    'telemetry-internal': { ...figures, browser_gzip_kib: expect.any(Number) },
    'telemetry-folder': { ...figures, browser_gzip_kib: expect.any(Number) },
    opentelemetry: { ...figures, browser_gzip_kib: expect.any(Number) },
    posthog: { ...figures, browser_gzip_kib: null },
  });
});
