/**
 * The database that holds everything. Its own, with engine Atomic: the default database of the embedded engine refuses refreshable
 * views, and a server's may hold other people's tables.
 */
export const database = 'telemetry';
