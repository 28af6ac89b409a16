import { createBatchLedger } from './batch-ledger.ts';
import { createBatchLedgerFromIntake } from './batch-ledger-from-intake.ts';
import { createDropped } from './dropped.ts';
import { createDroppedFromIntake } from './dropped-from-intake.ts';
import { createEventDay } from './event-day.ts';
import { createEventDayFromIntake } from './event-day-from-intake.ts';
import { createEvents } from './events.ts';
import { createEventsFromIntake } from './events-from-intake.ts';
import { createFeatureCount } from './feature-count.ts';
import { createFeatureDay } from './feature-day.ts';
import { createFeatureDayFromIntake } from './feature-day-from-intake.ts';
import { createIntake } from './intake.ts';

/** First light: batches come in, events and feature counts come out. Targets before the views that fill them. */
export const statements: readonly string[] = [
  createIntake,
  createEvents,
  createDropped,
  createBatchLedger,
  createEventDay,
  createFeatureDay,
  createEventsFromIntake,
  createDroppedFromIntake,
  createBatchLedgerFromIntake,
  createEventDayFromIntake,
  createFeatureDayFromIntake,
  createFeatureCount,
];
