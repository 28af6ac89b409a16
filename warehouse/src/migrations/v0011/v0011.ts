import { createColumnIntake, createColumnProbe } from './column-intake.ts';
import {
  createDroppedFromColumns,
  createEventDayFromColumns,
  createEventsFromColumns,
  createFeatureDayFromColumns,
} from './views-from-columns.ts';

/**
 * Loads of columns. Beside `intake`, which stays: a segment whose load has begun there goes there again, since each of the two has tokens of its own.
 * The views come before anything is loaded: no collector of an earlier version knows the table.
 */
export const statements: readonly string[] = [
  createColumnIntake,
  createColumnProbe,
  createEventsFromColumns,
  createDroppedFromColumns,
  createEventDayFromColumns,
  createFeatureDayFromColumns,
];
