import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FaultSystem } from '../support/fault-system.ts';
import { sendGarbage } from './garbage-run.ts';

const usage = `Usage: npm run fault:garbage -- [options]

Runs a warehouse and a collector as processes, sends them garbage on every port while one client behaves, and prints their
memory. Ends with 1 when that grows past its bound, a service dies, or the client is not served.

  --seconds N   how long (default: 600)
  --seed N      repeats the same garbage (default: by the clock)
  --help        this text`;

process.exitCode = await main();

async function main(): Promise<number> {
  let seconds: number;
  let seed: number;
  try {
    const { values } = parseArgs({
      options: { seconds: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    seconds = wholeNumber('--seconds', values.seconds ?? '600');
    seed = wholeNumber('--seed', values.seed ?? String(Date.now() % 1_000_000));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-garbage-'));
  const system = await FaultSystem.create(folder);
  process.once('SIGINT', () => void system.kill().then(() => process.exit(130)));
  let code = 1;
  try {
    code = await run(system, seconds, seed);
  } catch (error) {
    console.error(error);
  } finally {
    await system.kill();
  }
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else console.error(`Data and logs: ${folder}`);
  return code;
}

async function run(system: FaultSystem, seconds: number, seed: number): Promise<number> {
  await system.start('warehouse', 'collector');
  console.log(`Garbage for ${seconds} s, seed ${seed}`);
  console.log('   time   pieces   collector   warehouse   good batches');
  const result = await sendGarbage(system, {
    seed,
    seconds,
    onSample({ elapsedS, pieces, collectorMib, warehouseMib, goodBatches }) {
      const cells = [`${elapsedS.toFixed(0)} s`.padStart(7), String(pieces).padStart(8)];
      const mib = [collectorMib, warehouseMib].map((value) => `${value} MiB`.padStart(11));
      console.log([...cells, ...mib, String(goodBatches).padStart(14)].join(' '));
    },
  });
  for (const [kind, count] of Object.entries(result.pieces)) console.log(`${kind}: ${count}`);
  console.log(`collector: ${result.collectorPeakMib} MiB at most`);
  console.log(
    `good client: ${result.goodEvents} events stored once, slowest message ${result.slowestGoodMs.toFixed(0)} ms`,
  );
  for (const finding of result.findings) console.error(finding);
  if (result.findings.length > 0)
    console.error(`Repeat it: npm run fault:garbage -- --seconds ${seconds} --seed ${seed}`);
  return result.findings.length === 0 ? 0 : 1;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 0xffff_ffff)
    throw new TypeError(`${option}: ${JSON.stringify(text)} is not a whole number`);
  return value;
}
