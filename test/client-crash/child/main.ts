import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../support/random.ts';
import type { ChildOptions } from './child-options.ts';
import { CrashCounter } from './crash-counter.ts';
import { report } from './report.ts';
import { watchChannel } from './watch-channel.ts';
import { watchFiles } from './watch-files.ts';

const options = JSON.parse(process.argv[2] ?? '') as ChildOptions;

// Dies with the campaign; does not stay for it.
process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume();
if ('unref' in process.stdin && typeof process.stdin.unref === 'function') {
  process.stdin.unref();
}

const random = seededRandom(options.seed);
const counter = new CrashCounter(options.crashPoint);
await watchFiles(counter);
const { createTelemetry, grpcChannel } = await import('@telemetry/client');

const channel = grpcChannel(options.address, { connectTimeoutMs: 500, metadata: { 'x-process': options.name } });
const telemetry = createTelemetry({
  product: { name: options.product, version: '1.0.0' },
  channel: watchChannel(channel, counter),
  store: { folder: options.folder },
  flushIntervalMs: options.flushIntervalMs,
  windowBatches: 4,
  ackTimeoutMs: 700,
  retry: { initialBackoffMs: 20, maxBackoffMs: 150, permanentBackoffMs: 400 },
});
telemetry.on('error', ({ message }) => report({ kind: 'error', message }));
report({ kind: 'started', producer: telemetry.stats().producerId });

let durableSeq = 0;

/** Says up to which number all is on disk, or has its answer. */
function reportDurable(): void {
  const { highestSeq, queueBytes } = telemetry.stats();
  if (queueBytes === 0 && highestSeq > durableSeq) {
    durableSeq = highestSeq;
    report({ kind: 'durable', seq: highestSeq });
  }
}

/** Mostly a few small events, sometimes thousands, sometimes such that do not compress and have to be halved. */
function logBurst(): void {
  const chance = random();
  const count = chance < 0.05 ? 1 + Math.floor(random() * 2_500) : 1 + Math.floor(random() * 12);
  const fillerBytes = chance > 0.97 ? 900 : 0;
  for (let index = 0; index < count * (fillerBytes > 0 ? 40 : 1); index++) {
    const seq = telemetry.stats().highestSeq + 1;
    const filler = fillerBytes === 0 ? {} : { filler: noise(fillerBytes) };
    telemetry.log({ name: 'campaign.event', properties: { seq: String(seq), ...filler } });
  }
  if (random() < 0.05) {
    // Has a number, and is dropped and declared.
    telemetry.log({ name: '' });
  }
}

function noise(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join('');
}

async function work(): Promise<void> {
  const untilMs = performance.now() + options.durationMs;
  while (performance.now() < untilMs) {
    logBurst();
    if (random() < 0.3) {
      await telemetry.flush({ timeoutMs: 20 + random() * 300 });
    } else {
      await sleep(random() * options.pauseMsMax);
    }
    reportDurable();
  }
}

async function end(): Promise<void> {
  logBurst();
  if (options.ending === 'shutdown') {
    await telemetry.shutdown({ timeoutMs: random() * 600 });
    reportDurable();
    report({ kind: 'exiting', seq: telemetry.stats().highestSeq });
  } else if (options.ending === 'exit') {
    report({ kind: 'exiting', seq: telemetry.stats().highestSeq });
    process.exit(0);
  } else if (options.ending === 'leave') {
    report({ kind: 'exiting', seq: telemetry.stats().highestSeq });
    // Should it stay after all: what for.
    const say = () => report({ kind: 'alive', holding: process.getActiveResourcesInfo().join(' ') });
    setInterval(say, 5_000).unref();
  } else {
    // Works on until it is killed.
    await work();
    await end();
  }
}

if (options.drains) {
  const hurry = setInterval(() => void telemetry.flush({ timeoutMs: 100 }), 200);
  // Stays until it is told to end.
  process.once('SIGTERM', () => {
    clearInterval(hurry);
    void telemetry.shutdown({ timeoutMs: 2_000 }).then(() => report({ kind: 'drained' }));
  });
} else {
  await work();
  await end();
}
