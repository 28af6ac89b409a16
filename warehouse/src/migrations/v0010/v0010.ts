import { dropIntake } from '../v0005/intake.ts';
import { createIntakeProbe } from '../v0006/intake-probe.ts';
import { attachViews, detachViews } from './attach-views.ts';
import { countEvents } from './event-day-from-intake.ts';
import { flattenEvents } from './events-from-intake.ts';
import { countFeatures } from './feature-day-from-intake.ts';
import { createClosedIntake, createIntake } from './intake.ts';
import { dropIntakeProbe } from './intake-probe.ts';

/**
 * Loads that take an eighth less CPU.
 *
 * The views are changed and not made anew: by their ids the engine knows what it has taken of a segment that is sent again. Until a view whose
 * query was changed is attached again, the engine has another id for it; so `intake` is closed until then, since what was loaded in between would be
 * loaded twice when it is sent again.
 */
export const statements: readonly string[] = [
  dropIntake,
  ...attachViews,
  createClosedIntake,
  flattenEvents,
  countEvents,
  countFeatures,
  ...detachViews,
  ...attachViews,
  dropIntakeProbe,
  dropIntake,
  createIntake,
  createIntakeProbe,
];
