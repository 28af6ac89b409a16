import { database } from '../database.ts';

/** Takes `intake_probe` away, to be made anew with the columns of `intake`. */
export const dropIntakeProbe = `DROP TABLE IF EXISTS ${database}.intake_probe SYNC`;
