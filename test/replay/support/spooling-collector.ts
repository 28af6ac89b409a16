import { pino } from 'pino';
import { type Collector, startCollector } from '../../../collector/src/start-collector.ts';

/** A port of this machine where nobody is: tcpmux, which nobody runs. */
const nobody = 'http://127.0.0.1:1';

/** A real collector whose warehouse is away, so that all it takes stays in its spool. */
export function spoolingCollector(dataDir: string, grpcAddress = '127.0.0.1:0'): Promise<Collector> {
  const logger = pino({ level: 'silent' });
  return startCollector({ dataDir, grpcAddress, warehouseUrl: nobody, logger });
}
