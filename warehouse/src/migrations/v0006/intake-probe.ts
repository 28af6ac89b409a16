import { database } from '../database.ts';

/** Reads batches as `intake` does and feeds no view: what it cannot read, `intake` cannot. By it the one bad batch of a segment is found. */
export const createIntakeProbe = `CREATE TABLE IF NOT EXISTS ${database}.intake_probe AS ${database}.intake ENGINE = Null`;
