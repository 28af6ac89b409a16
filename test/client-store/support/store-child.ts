/*
 * An application in a process of its own, to be killed. Takes its options as JSON, and commands from its standard input, a line each:
 * "log N" logs N events, "flush", "shutdown", "consent X" and "stats" answer with a line of JSON, "exit" ends at once by process.exit.
 */
import { createInterface } from 'node:readline';
import { createTelemetry } from '@telemetry/client';

const options = JSON.parse(process.argv[2] ?? '{}');
const telemetry = createTelemetry(options);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
let logged = 0;
telemetry.on('error', (error) => process.stderr.write(process.env.STORE_CHILD_VERBOSE ? `${error.message}\n` : ''));

say({ pid: process.pid, producerId: telemetry.stats().producerId });
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ');
  if (command === 'log') {
    for (let left = Number(argument); left > 0; left--) {
      telemetry.log({ name: 'store.tested', measurements: { index: logged++ } });
    }
    say({ logged });
  } else if (command === 'flush' || command === 'shutdown') {
    say(await telemetry[command]({ timeoutMs: Number(argument ?? 10_000) }));
  } else if (command === 'consent') {
    say(await telemetry.setConsent(argument as 'granted' | 'denied'));
  } else if (command === 'stats') {
    say(telemetry.stats());
  } else {
    process.exit(0);
  }
}
