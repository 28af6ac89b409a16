import type { EventData, TelemetryEvent } from '../event.ts';
import type { PropertyClass } from '../privacy/property-class.ts';
import { componentProperty, isStandardName } from '../standard-names.ts';
import { checkDefinitions } from './check-definitions.ts';
import type { EventDefinition, EventDefinitions, PropertyDefinitions } from './event-definition.ts';
import { compileProperties, type PropertyReader, type SplitProperties } from './property-reader.ts';

/** An event as it was logged by a caller who may have no types. */
export interface CandidateEvent {
  readonly name: string;
  readonly data?: object | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly measurements?: Readonly<Record<string, unknown>> | undefined;
  readonly time?: Date | number | undefined;
}

/** The events of an application, defined once: what may be logged, what it means, and what of it says something of a person. */
export interface Catalogue<
  Events extends EventDefinitions = EventDefinitions,
  Context extends PropertyDefinitions = PropertyDefinitions,
> {
  readonly events: Events;
  /** What `setContext` may add to every event. */
  readonly context: Context;
  /** What is wrong with the definitions, for people; undefined: nothing. `createTelemetry` refuses a catalogue that has a problem. */
  readonly problem: string | undefined;
  /** The class of a property or measurement of an event, where the catalogue defines it. */
  classOf(eventName: string, propertyName: string): PropertyClass | undefined;
  /**
   * The event as it is sent: properties sorted into texts and numbers, what the definition fixes filled in.
   *
   * @throws Error saying what the catalogue does not allow.
   */
  toEvent(candidate: CandidateEvent): TelemetryEvent;
  /**
   * Values of the context, sorted the same.
   *
   * @throws Error saying what the catalogue does not allow.
   */
  toContext(values: Readonly<Record<string, unknown>>): SplitProperties;
}

/** Refuses words that a definition does not know, at compile time. */
type Exactly<Shape, Given> = Given & {
  readonly [Word in Exclude<keyof Given, Shape extends unknown ? keyof Shape : never>]: never;
};

type ExactProperties<Properties> = {
  readonly [Name in keyof Properties]: Exactly<PropertyDefinitions[string], Properties[Name]>;
};

type ExactEvents<Events> = {
  readonly [Name in keyof Events]: Exactly<EventDefinition, Events[Name]> &
    (Events[Name] extends { readonly properties: infer Properties }
      ? { readonly properties: ExactProperties<Properties> }
      : unknown);
};

/**
 * Defines the events of an application. Given to `createTelemetry`, a wrong name and a missing, wrong or superfluous property are errors of
 * the compiler; where there is none, the event is dropped, counted and declared as invalid.
 *
 * @param events the events by name. Those that the typed helpers log need no definition as long as they carry no properties.
 * @param options.context what `setContext` may add to every event. Default: nothing.
 */
export function defineCatalogue<
  const Events extends EventDefinitions,
  const Context extends PropertyDefinitions = Record<never, never>,
>(
  events: Events & ExactEvents<Events>,
  options?: { readonly context?: Context & ExactProperties<Context> },
): Catalogue<Events, Context> {
  return new DefinedCatalogue<Events, Context>(events, options?.context ?? ({} as Context));
}

interface CompiledEvent {
  readonly definition: EventDefinition;
  readonly reader: PropertyReader;
}

class DefinedCatalogue<Events extends EventDefinitions, Context extends PropertyDefinitions>
  implements Catalogue<Events, Context>
{
  readonly events: Events;
  readonly context: Context;
  readonly problem: string | undefined;
  readonly #compiled = new Map<string, CompiledEvent>();
  readonly #contextReader: PropertyReader;

  constructor(events: Events, context: Context) {
    this.events = events;
    this.context = context;
    this.problem = checkDefinitions(events, context);
    this.#contextReader = compileProperties(this.problem === undefined ? context : {});
    for (const [name, definition] of this.problem === undefined ? Object.entries(events) : []) {
      this.#compiled.set(name, { definition, reader: compileProperties(definition.properties ?? {}) });
    }
  }

  classOf(eventName: string, propertyName: string): PropertyClass | undefined {
    const ofEvent = this.#compiled.get(eventName)?.reader.classOf(propertyName);
    return (
      ofEvent ??
      this.#contextReader.classOf(propertyName) ??
      (propertyName === componentProperty ? 'public' : undefined)
    );
  }

  toEvent(candidate: CandidateEvent): TelemetryEvent {
    const { name, time } = candidate;
    const compiled = this.#compiled.get(name);
    if (compiled === undefined) {
      return standardEvent(candidate);
    }
    if (candidate.measurements !== undefined) {
      throw new Error(`measurements: ${name} has properties alone, numbers too: the catalogue tells them apart`);
    }
    const { definition, reader } = compiled;
    const { properties, measurements } = reader.read(candidate.properties, name);
    return {
      name,
      tier: definition.tier,
      time,
      data: dataOf(name, definition, candidate.data),
      properties,
      measurements,
    };
  }

  toContext(values: Readonly<Record<string, unknown>>): SplitProperties {
    return this.#contextReader.readSome(values, 'the context');
  }
}

/** An event that is not in the catalogue passes when a helper made it and it carries a payload of the data model alone. */
function standardEvent(candidate: CandidateEvent): TelemetryEvent {
  const { name, time, properties, measurements } = candidate;
  const data = candidate.data as EventData | undefined;
  if (data === undefined || !isStandardName(data.kind, name)) {
    throw new Error(`name: ${JSON.stringify(name)} is not in the catalogue`);
  }
  if (properties !== undefined || measurements !== undefined) {
    throw new Error(`properties: ${name} has none in the catalogue; define it there`);
  }
  return { name, time, data };
}

function dataOf(name: string, definition: EventDefinition, given: object | undefined): EventData | undefined {
  const { kind = 'custom' } = definition;
  if (kind === 'custom') {
    if (given !== undefined) {
      throw new Error(`data: ${name} is custom in the catalogue and has none`);
    }
    return undefined;
  }
  const data: Record<string, unknown> = { kind, ...named(name, kind), ...definition.data };
  for (const [part, value] of Object.entries(given ?? {})) {
    if (part === 'kind' && value !== kind) {
      throw new Error(`data.kind: ${name} is of kind ${kind} in the catalogue`);
    }
    if (value !== undefined) {
      data[part] = value;
    }
  }
  return data as unknown as EventData;
}

function named(name: string, kind: EventData['kind']): object {
  return kind === 'featureUse' ? { feature: name } : kind === 'performance' ? { metric: name } : {};
}
