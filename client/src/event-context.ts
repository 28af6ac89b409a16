import { protocolLimits } from '@telemetry/gen/constants';
import type { SplitProperties } from './catalogue/property-reader.ts';
import type { TelemetryEvent } from './event.ts';
import { contextPropertiesMax, contextValueBytesMax } from './limits.ts';
import { componentProperty } from './standard-names.ts';
import { exceedsUtf8 } from './utf8.ts';

/** Sorts values into texts and numbers. Throws an error that says what is wrong with them. */
export type ContextReader = (values: Readonly<Record<string, unknown>>) => SplitProperties;

/** Counts the changes of a client's contexts, so that each knows whether what it has put together still holds. */
interface Revision {
  count: number;
}

type Values = ReadonlyMap<string, string | number>;

/**
 * What is added to every event of a logger: its own values over those of the logger that it is a child of. A child looks up to its parent
 * and is not known by it, so that one that nobody holds any more takes no memory.
 */
export class EventContext {
  readonly #read: ContextReader;
  readonly #parent: EventContext | undefined;
  readonly #revision: Revision;
  #own: Values = new Map();
  #merged: SplitProperties = { properties: undefined, measurements: undefined };
  #mergedAt = -1;

  constructor(read: ContextReader, parent?: EventContext) {
    this.#read = read;
    this.#parent = parent;
    this.#revision = parent === undefined ? { count: 0 } : parent.#revision;
  }

  /**
   * Adds values to what is there, or takes them away. All or none.
   *
   * @throws Error naming the value that cannot be.
   */
  set(values: Readonly<Record<string, unknown>>): void {
    const own = new Map(this.#own);
    for (const name of Object.keys(values)) {
      own.delete(name);
    }
    const { properties, measurements } = this.#read(values);
    for (const [name, value] of [...Object.entries(properties ?? {}), ...Object.entries(measurements ?? {})]) {
      checkValue(name, value);
      own.set(name, value);
    }
    const above: Values = this.#parent === undefined ? new Map() : this.#parent.#all();
    const count = new Map([...above, ...own]).size;
    if (count > contextPropertiesMax) {
      throw new Error(`the context: ${count} properties, at most ${contextPropertiesMax} are allowed`);
    }
    this.#own = own;
    this.#revision.count += 1;
  }

  /** A context under this one, with a name added to the names above it. */
  child(component: string | undefined): EventContext {
    const child = new EventContext(this.#read, this);
    if (component !== undefined) {
      if (typeof component !== 'string') {
        throw new Error('name: is not a text');
      }
      const above = this.#all().get(componentProperty);
      const path = above === undefined ? component : `${above}.${component}`;
      checkValue(componentProperty, path);
      child.#own = new Map([[componentProperty, path]]);
    }
    return child;
  }

  /** The event with the context added. What the event says for itself comes first. */
  addTo(event: TelemetryEvent): TelemetryEvent {
    const { properties, measurements } = this.#current();
    if (properties === undefined && measurements === undefined) {
      return event;
    }
    return {
      ...event,
      properties: merge(properties, event.properties),
      measurements: merge(measurements, event.measurements),
    };
  }

  #current(): SplitProperties {
    if (this.#mergedAt !== this.#revision.count) {
      this.#mergedAt = this.#revision.count;
      this.#merged = split(this.#all());
    }
    return this.#merged;
  }

  #all(): Values {
    return this.#parent === undefined ? this.#own : new Map([...this.#parent.#all(), ...this.#own]);
  }
}

/** Reads the context of a client without a catalogue: texts, numbers and truth values under any name. */
export function readAnyContext(values: Readonly<Record<string, unknown>>): SplitProperties {
  const read = new Map<string, string | number>();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' || typeof value === 'number') {
      read.set(name, value);
    } else if (typeof value === 'boolean') {
      read.set(name, String(value));
    } else if (value !== undefined) {
      throw new Error(`the context: ${name} is neither text, number nor truth value`);
    }
  }
  return split(read);
}

function checkValue(name: string, value: string | number): void {
  if (name === '' || exceedsUtf8(name, protocolLimits.propertyNameBytesMax)) {
    throw new Error(`the context: a name is empty, or longer than ${protocolLimits.propertyNameBytesMax} bytes`);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`the context: ${name} is not a finite number`);
  }
  if (typeof value === 'string' && exceedsUtf8(value, contextValueBytesMax)) {
    throw new Error(`the context: ${name} is longer than ${contextValueBytesMax} bytes`);
  }
}

function split(values: Values): SplitProperties {
  const texts: [string, string][] = [];
  const numbers: [string, number][] = [];
  for (const [name, value] of values) {
    if (typeof value === 'number') {
      numbers.push([name, value]);
    } else {
      texts.push([name, value]);
    }
  }
  return {
    properties: texts.length === 0 ? undefined : Object.fromEntries(texts),
    measurements: numbers.length === 0 ? undefined : Object.fromEntries(numbers),
  };
}

function merge<Value>(
  context: Readonly<Record<string, Value>> | undefined,
  own: Readonly<Record<string, Value>> | undefined,
): Readonly<Record<string, Value>> | undefined {
  return context === undefined || own === undefined ? (context ?? own) : { ...context, ...own };
}
