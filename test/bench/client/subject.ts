/** What a subject sends to: something that takes all at once, or an address where nobody listens. */
export type Network = 'sink' | 'down';

/** One library under test. All log the same event: a name, two texts, a number. */
export interface Subject {
  /** Logs an event, as an application would. */
  log(index: number): void;
  /** Hands over everything that was logged, made ready to send. */
  drain(): Promise<void>;
  /** Events that the sink was handed. */
  delivered(): number;
  close(): Promise<void>;
}

/** Ours for an external user, and, as the first of those beside it, for an internal one, and through the folder store; then the others'. */
export const subjectNames = [
  'telemetry',
  'telemetry-internal',
  'telemetry-folder',
  'opentelemetry',
  'posthog',
] as const;
export type SubjectName = (typeof subjectNames)[number];

/** Nobody listens there: connections are refused at once. */
export const downPort = 1;

/** Events that a queue holds, and a batch: the same for all, those of our defaults. */
export const queueEvents = 100_000;
export const batchEvents = 1_000;

const formats = ['pdf', 'png', 'svg', 'html'] as const;

/** What differs from event to event. */
export function eventAt(index: number): { feature: string; format: string; pages: number } {
  return { feature: `export.${index % 40}`, format: formats[index % formats.length] ?? 'pdf', pages: index % 97 };
}
