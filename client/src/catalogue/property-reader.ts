import type { PropertyClass } from '../privacy/property-class.ts';
import type { PropertyDefinition, PropertyDefinitions } from './event-definition.ts';

/** Values as the protocol has them: texts and numbers apart. */
export interface SplitProperties {
  readonly properties: Readonly<Record<string, string>> | undefined;
  readonly measurements: Readonly<Record<string, number>> | undefined;
}

/** Reads values as their definitions want them. */
export interface PropertyReader {
  classOf(name: string): PropertyClass | undefined;
  /**
   * Values of an event: each as defined, none missing.
   *
   * @throws Error naming the value that is not.
   */
  read(values: Readonly<Record<string, unknown>> | undefined, of: string): SplitProperties;
  /**
   * The same where any may be missing.
   *
   * @throws Error naming the value that is not as defined.
   */
  readSome(values: Readonly<Record<string, unknown>> | undefined, of: string): SplitProperties;
}

/** Makes a reader of definitions. */
export function compileProperties(definitions: PropertyDefinitions): PropertyReader {
  const byName = new Map(Object.entries(definitions));
  const required = Object.keys(definitions).filter((name) => definitions[name]?.optional !== true);
  const readSome: PropertyReader['readSome'] = (values, of) => split(byName, values, of);
  return {
    classOf: (name) => {
      const definition = byName.get(name);
      return definition === undefined ? undefined : (definition.class ?? 'public');
    },
    readSome,
    read(values, of) {
      for (const name of required) {
        if (values?.[name] === undefined) {
          throw new Error(`properties.${name}: missing; the catalogue wants it for ${of}`);
        }
      }
      return readSome(values, of);
    },
  };
}

function split(
  byName: ReadonlyMap<string, PropertyDefinition>,
  values: Readonly<Record<string, unknown>> | undefined,
  of: string,
): SplitProperties {
  let properties: Record<string, string> | undefined;
  let measurements: Record<string, number> | undefined;
  for (const name in values) {
    const value = values[name];
    if (value === undefined) {
      continue;
    }
    const definition = byName.get(name);
    if (definition === undefined) {
      throw new Error(`properties.${name}: not in the catalogue for ${of}`);
    }
    if (!fits(definition, value)) {
      throw new Error(`properties.${name}: ${describe(value)} is not ${wanted(definition)}`);
    }
    if (typeof value === 'number') {
      measurements ??= {};
      measurements[name] = value;
    } else {
      properties ??= {};
      properties[name] = String(value);
    }
  }
  return { properties, measurements };
}

function fits(definition: PropertyDefinition, value: unknown): boolean {
  const { type } = definition;
  return typeof type === 'string' ? typeof value === type : typeof value === 'string' && type.includes(value);
}

function wanted({ type }: PropertyDefinition): string {
  return typeof type === 'string' ? `of type ${type}` : `one of ${type.join(', ')}`;
}

/** Texts shortened; of anything else its type, since it may not have a text. */
function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : `what is of type ${typeof value}`;
}
