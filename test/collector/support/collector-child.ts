/*
 * A collector in a process of its own, to be killed: started with the data directory, the longest load in
 * milliseconds and when batches gather, in JSON, as its arguments, it prints its addresses in one line
 * of JSON and runs until it is told to stop by SIGTERM, or dies.
 */
import { argv, stdout } from 'node:process';
import { pino } from 'pino';
import { startCollector } from '../../../collector/src/index.ts';

const dataDir = argv[2] ?? '';
const loadTimeoutMs = Number(argv[3]);
const gatherBounds = JSON.parse(argv[4] ?? '{}');
const logger = pino({ level: 'silent' });
try {
  const collector = await startCollector({
    dataDir,
    grpcAddress: '127.0.0.1:0',
    webAddress: '127.0.0.1:0',
    warehouseUrl: 'http://127.0.0.1:1',
    logger,
    loadTimeoutMs,
    gatherBounds,
  });
  stdout.write(`${JSON.stringify({ address: collector.grpcAddress, webAddress: collector.webAddress })}\n`);
  process.once('SIGTERM', () => void collector.close({ drainTimeoutMs: 0 }));
} catch (error) {
  stdout.write(`${JSON.stringify({ error: (error as Error).message, name: (error as Error).name })}\n`);
}
