import { database } from '../database.ts';

const views = ['events_from_intake', 'event_day_from_intake', 'feature_day_from_intake'];

export const detachViews: readonly string[] = views.map((view) => `DETACH TABLE IF EXISTS ${database}.${view} SYNC`);

/** One that is not there was detached by a migration that stopped on its way. */
export const attachViews: readonly string[] = views.map((view) => `ATTACH TABLE IF NOT EXISTS ${database}.${view}`);
