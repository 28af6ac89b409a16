/** The process that holds the embedded engine. Importing this loads the engine's library. */
export type { QueryRecord } from './http/query-record.ts';
export { startWarehouse, type Warehouse, type WarehouseOptions } from './start-warehouse.ts';
