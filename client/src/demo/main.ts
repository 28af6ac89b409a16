import { randomBytes } from 'node:crypto';
import { collectorAccess } from '../replay/collector-access.ts';
import { collectorChannel } from '../replay/collector-channel.ts';
import { OptionError } from '../replay/json-options.ts';
import { startDemo } from './demo.ts';
import { parseDemoOptions } from './demo-options.ts';
import { parentCheckMs } from './limits.ts';

/**
 * Runs the demo until SIGTERM, SIGINT, or the end of whoever started it. The only argument is a `DemoOptions` in JSON. Says one line of JSON
 * on stdout when it runs, and nothing after that: the collector may come and go.
 */
async function main(): Promise<void> {
  const { address, users, seed, sessionsPerSecond, tls } = parseDemoOptions(process.argv[2]);
  const access = collectorAccess(tls, process.env['TELEMETRY_KEY']);
  // One to see at once that the address is none.
  collectorChannel(address, access).close();
  const demo = startDemo({
    channel: () => collectorChannel(address, access),
    users,
    seed: seed ?? randomBytes(8).toString('hex'),
    sessionsPerSecond,
    later: (callback, delayMs) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  });
  // Before the line: whoever reads it may send a signal at once.
  const stopped = untilStopped();
  process.stdout.write(`${JSON.stringify({ address, users, sessions_per_s: sessionsPerSecond, pid: process.pid })}\n`);
  await stopped;
  await demo.stop();
}

/** A demo that nobody owns would go on for ever. */
function untilStopped(): Promise<void> {
  const parent = process.ppid;
  const { promise, resolve } = Promise.withResolvers<void>();
  const checking = setInterval(() => process.ppid === parent || resolve(), parentCheckMs);
  process.on('SIGINT', () => resolve());
  process.on('SIGTERM', () => resolve());
  return promise.finally(() => clearInterval(checking));
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (!(error instanceof OptionError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
