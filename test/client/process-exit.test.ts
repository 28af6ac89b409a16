import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MisbehavingCollector } from './support/misbehaving-collector.ts';

const client = new URL('../../client/src/index.ts', import.meta.url);

/** Runs a script in a process of its own, which has to end by itself. */
async function run(script: string): Promise<{ code: number | null; stdout: string; lastedMs: number }> {
  const beganMs = performance.now();
  const source = `import { createTelemetry } from ${JSON.stringify(client.href)};\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, lastedMs: performance.now() - beganMs };
}

test('an application that ends without a word is not kept alive, collector or none', async () => {
  const collector = await new MisbehavingCollector().start();
  const script = `
    const telemetry = createTelemetry({ store: 'memory', product: { name: 'p' }, endpoint: '${collector.address}', flushIntervalMs: 60_000,
      platform: { random: () => 0.5 } });
    for (let index = 0; index < 1500; index++) telemetry.log({ name: 'a' });
    setTimeout(() => {}, 300);`;
  const reached = await run(script);
  expect(reached.code).toBe(0);
  expect(collector.storedNumbers()).toHaveLength(1_000);
  collector.kill();
  const unreachable = await run(script);
  expect(unreachable.code).toBe(0);
  // A start of Node, the script's own 300 ms, and at most one attempt to connect; the interval and the backoff are not waited for.
  expect(Math.max(reached.lastedMs, unreachable.lastedMs)).toBeLessThan(10_000);
});

test('a shutdown that is awaited holds the process until it is done, and no longer', async () => {
  const collector = await new MisbehavingCollector().start();
  const script = `
    const telemetry = createTelemetry({ store: 'memory', product: { name: 'p' }, endpoint: '${collector.address}' });
    telemetry.featureUsed('save');
    const { complete, acknowledged, pending } = await telemetry.shutdown({ timeoutMs: 1_000 });
    console.log(JSON.stringify({ complete, acknowledged, pending }));`;
  const reached = await run(script);
  expect([reached.code, JSON.parse(reached.stdout)]).toStrictEqual([
    0,
    { complete: true, acknowledged: 1, pending: 0 },
  ]);
  collector.kill();
  const unreachable = await run(script);
  expect([unreachable.code, JSON.parse(unreachable.stdout)]).toStrictEqual([
    0,
    { complete: false, acknowledged: 0, pending: 1 },
  ]);
});
