// Runs a warehouse for a test, in a process of its own. Options are the JSON of the first argument.
import { startWarehouse } from '../../../warehouse/src/start-warehouse.ts';
import { WarehouseError } from '../../../warehouse/src/warehouse-error.ts';

// The test's end of this pipe closes with the test, however that ends: then so must this.
process.stdin.resume().once('close', () => process.kill(process.pid, 'SIGKILL'));

const options = JSON.parse(process.argv[2] ?? '{}');
try {
  const warehouse = await startWarehouse(options);
  const { url, warnings, handoverPath } = warehouse;
  process.stdout.write(`${JSON.stringify({ url, warnings, handoverPath })}\n`);
  process.once('SIGTERM', () => {
    void warehouse.close().then(() => process.stdout.write('closed\n', () => process.exit(0)));
  });
} catch (error) {
  const kind = error instanceof WarehouseError ? error.kind : 'unexpected';
  process.stdout.write(`${JSON.stringify({ kind, message: String(error) })}\n`, () => process.exit(1));
}
