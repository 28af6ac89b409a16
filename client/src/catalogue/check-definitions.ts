import { protocolLimits } from '@telemetry/gen/constants';
import { catalogueChoicesMax, contextPropertiesMax } from '../limits.ts';
import { exceedsUtf8 } from '../utf8.ts';
import { tierNumber } from '../wire/encode-event.ts';
import { definitionWords, type EventDefinitions, type PropertyDefinitions } from './event-definition.ts';

const { nameBytesMax, propertyNameBytesMax, propertiesMax, valueBytesMax } = protocolLimits;
const kinds = ['custom', 'featureUse', 'fault', 'performance', 'sessionStart', 'sessionEnd', 'projectActivity'];
const classes = ['public', 'identity', 'sensitive'];

type Words = Readonly<Record<string, unknown>>;

/** What is wrong with definitions, for people, or undefined. Checks what the types say as well: a caller may have none. */
export function checkDefinitions(events: EventDefinitions, context: PropertyDefinitions): string | undefined {
  if (!isObject(events)) {
    return 'the events are not an object';
  }
  for (const [name, definition] of Object.entries(events)) {
    const problem = checkName(name, nameBytesMax) ?? checkEventDefinition(definition);
    if (problem !== undefined) {
      return `event ${JSON.stringify(name.slice(0, 50))}: ${problem}`;
    }
  }
  const problem = checkProperties(context, contextPropertiesMax);
  return problem === undefined ? undefined : `context: ${problem}`;
}

function checkEventDefinition(definition: unknown): string | undefined {
  if (!isObject(definition)) {
    return 'is not an object';
  }
  const { kind, tier, owner, description, properties } = definition;
  return (
    checkWords(definition, definitionWords.event) ??
    (kind === undefined || kinds.includes(String(kind)) ? undefined : `kind: ${String(kind)} is not known`) ??
    (tier === undefined || Object.hasOwn(tierNumber, String(tier))
      ? undefined
      : `tier: ${String(tier)} is not known`) ??
    checkText('owner', owner) ??
    checkText('description', description) ??
    (properties === undefined ? undefined : checkProperties(properties, propertiesMax - contextPropertiesMax))
  );
}

function checkProperties(properties: unknown, countMax: number): string | undefined {
  if (!isObject(properties)) {
    return 'properties: not an object';
  }
  const entries = Object.entries(properties);
  if (entries.length > countMax) {
    return `properties: ${entries.length}, at most ${countMax} are allowed`;
  }
  for (const [name, definition] of entries) {
    const problem = checkName(name, propertyNameBytesMax) ?? checkProperty(definition);
    if (problem !== undefined) {
      return `properties.${name.slice(0, 50)}: ${problem}`;
    }
  }
  return undefined;
}

function checkProperty(definition: unknown): string | undefined {
  if (!isObject(definition)) {
    return 'is not an object';
  }
  const problem = checkWords(definition, definitionWords.property) ?? checkType(definition['type']);
  if (problem !== undefined) {
    return problem;
  }
  const propertyClass = definition['class'];
  if (propertyClass === undefined) {
    return definition['type'] === 'string' ? 'class: missing; say whether the text is public' : undefined;
  }
  if (!classes.includes(String(propertyClass))) {
    return `class: ${String(propertyClass)} is not known`;
  }
  const isIdentity = propertyClass === 'identity' && definition['type'] !== 'string';
  return isIdentity ? 'class: only a text can be an identity' : undefined;
}

function checkType(type: unknown): string | undefined {
  if (type === 'string' || type === 'number' || type === 'boolean') {
    return undefined;
  }
  if (!Array.isArray(type) || type.length === 0) {
    return 'type: neither string, number, boolean nor a list of texts';
  }
  if (type.length > catalogueChoicesMax) {
    return `type: ${type.length} choices, at most ${catalogueChoicesMax} are allowed`;
  }
  const odd = type.findIndex((choice) => typeof choice !== 'string' || exceedsUtf8(choice, valueBytesMax));
  return odd < 0 ? undefined : `type[${odd}]: is not a text, or longer than ${valueBytesMax} bytes`;
}

function checkName(name: string, sizeBytesMax: number): string | undefined {
  if (name === '') {
    return 'the name is empty';
  }
  return exceedsUtf8(name, sizeBytesMax) ? `the name is longer than ${sizeBytesMax} bytes` : undefined;
}

function checkText(field: string, value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? undefined : `${field}: missing`;
}

function checkWords(definition: Words, known: readonly string[]): string | undefined {
  const odd = Object.keys(definition).find((word) => !known.includes(word));
  return odd === undefined ? undefined : `${odd}: not known; a definition has ${known.join(', ')}`;
}

function isObject(value: unknown): value is Words {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
