// Runs a warehouse for a test, in a process of its own that can be killed. Arguments: the data directory.
import { join } from 'node:path';
import { repairDeduplicationLogs } from '../../../warehouse/src/deduplication/deduplication-logs.ts';
import { startWarehouse } from '../../../warehouse/src/start-warehouse.ts';

// The test's end of this pipe closes with the test, however that ends: then so must this.
process.stdin.resume().once('close', () => process.kill(process.pid, 'SIGKILL'));

const dataDir = process.argv[2] ?? '';
// The engine keeps its copies of load schemas in the working directory.
process.chdir(dataDir);
const repairs = repairDeduplicationLogs(join(dataDir, 'engine'));
const warehouse = await startWarehouse({ dataDir, address: '127.0.0.1:0' });
process.stdout.write(
  `${JSON.stringify({ url: warehouse.url, repaired: repairs.flatMap(({ removed }) => removed) })}\n`,
);
