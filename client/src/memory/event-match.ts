import type { EventTier } from '../event.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** What a value should be: the same, a text that matches, what a function agrees to, or undefined for not there. */
export type ValueMatch = string | number | boolean | RegExp | ((value: unknown) => boolean) | undefined;

/** Which event is meant. What is not said may be anything. */
export interface EventMatch {
  readonly name?: string | RegExp | undefined;
  readonly tier?: EventTier | undefined;
  /** Parts of the payload, its `kind` among them. */
  readonly data?: Readonly<Record<string, ValueMatch>> | undefined;
  /** Properties as they were logged: a number is looked for among the measurements as well, and true and false are texts. */
  readonly properties?: Readonly<Record<string, ValueMatch>> | undefined;
  readonly measurements?: Readonly<Record<string, ValueMatch>> | undefined;
  /** Id of the user as it was sent; undefined: any or none. */
  readonly userId?: ValueMatch;
  /** Whatever else. */
  readonly where?: ((event: RecordedEvent) => boolean) | undefined;
}

/** In what an event is not the one that is meant, for people, a line each; none: it is. */
export function mismatches(match: EventMatch, event: RecordedEvent): string[] {
  const { properties, measurements } = event;
  const problems = [
    ...(match.name === undefined ? [] : differences('', { name: match.name }, { name: event.name })),
    ...(match.tier === undefined ? [] : differences('', { tier: match.tier }, { tier: event.tier })),
    ...differences('data.', match.data, { ...event.data }),
    ...differences('properties.', match.properties, { ...measurements, ...properties }),
    ...differences('measurements.', match.measurements, measurements),
    ...(match.userId === undefined ? [] : differences('', { userId: match.userId }, { userId: event.user?.id })),
  ];
  return match.where === undefined || match.where(event) ? problems : [...problems, 'where: does not agree'];
}

/** The match as it was written, on a line. */
export function describeMatch(match: EventMatch): string {
  const said = Object.entries(match).filter(([, part]) => part !== undefined);
  return describe(Object.fromEntries(said));
}

function differences(
  prefix: string,
  expected: Readonly<Record<string, ValueMatch>> | undefined,
  actual: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(expected ?? {})
    .filter(([name, value]) => !agrees(value, actual[name]))
    .map(([name, value]) => `${prefix}${name}: ${describe(actual[name])}, expected ${describe(value)}`);
}

function agrees(expected: ValueMatch, actual: unknown): boolean {
  if (expected instanceof RegExp) {
    return typeof actual === 'string' && actual.search(expected) >= 0;
  }
  if (typeof expected === 'function') {
    return expected(actual);
  }
  return Object.is(actual, expected) || (typeof expected === 'boolean' && actual === String(expected));
}

/** A value as it is written in code. */
function describe(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (typeof value === 'function') {
    return value.name === '' ? 'what a function agrees to' : `what ${value.name} agrees to`;
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  return value instanceof RegExp
    ? String(value)
    : `{ ${Object.entries(value)
        .map(([name, part]) => `${name}: ${describe(part)}`)
        .join(', ')} }`;
}
