import type { EventData } from './event.ts';

/** Names that the typed helpers give their events unless told otherwise. */
export const standardNames = {
  featureUse: 'feature.used',
  fault: 'fault.occurred',
  performance: 'performance.measured',
  sessionStart: 'session.started',
  sessionEnd: 'session.ended',
} as const;

/** The same for projects: one name for each action. */
export const projectNamePrefix = 'project.';

/** Whether the helper of that kind gives this name. */
export function isStandardName(kind: EventData['kind'], name: string): boolean {
  return kind === 'projectActivity' ? name.startsWith(projectNamePrefix) : standardNames[kind] === name;
}

/** The property that holds the name of a child logger. */
export const componentProperty = 'component';
