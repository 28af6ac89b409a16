import { replaceEvents } from './events.ts';
import { createIntake, dropIntake } from './intake.ts';

/** An `events` that costs half as much to load and a third as much to merge. */
export const statements: readonly string[] = [dropIntake, replaceEvents, createIntake];
