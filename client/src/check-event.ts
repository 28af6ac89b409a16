import { protocolLimits } from '@telemetry/gen/constants';
import type { EventData, TelemetryEvent } from './event.ts';
import { exceedsUtf8 } from './utf8.ts';
import { tierNumber } from './wire/encode-event.ts';
import { dataEnums } from './wire/encode-event-data.ts';

const { nameBytesMax, identifierBytesMax, propertyNameBytesMax, valueBytesMax, stackBytesMax, propertiesMax } =
  protocolLimits;

/** Largest number that the wire has for a count (uint32). */
const uint32Max = 0xffff_ffff;

/**
 * What is wrong with an event, for people, or undefined. Checks what the types already say as well: a caller may have none.
 */
export function checkEvent(event: TelemetryEvent): string | undefined {
  return (
    requiredText('name', event.name, nameBytesMax) ??
    oneOf('tier', event.tier, tierNumber) ??
    (event.data === undefined ? undefined : checkData(event.data)) ??
    checkCustom(event)
  );
}

function checkData(data: EventData): string | undefined {
  switch (data.kind) {
    case 'featureUse':
      return (
        requiredText('data.feature', data.feature, nameBytesMax) ??
        oneOf('data.outcome', data.outcome, dataEnums.outcome) ??
        duration('data.durationMs', data.durationMs) ??
        count('data.count', data.count, uint32Max)
      );
    case 'fault':
      return (
        requiredText('data.type', data.type, valueBytesMax) ??
        text('data.message', data.message, valueBytesMax) ??
        text('data.stack', data.stack, stackBytesMax) ??
        text('data.fingerprint', data.fingerprint, identifierBytesMax) ??
        oneOf('data.severity', data.severity, dataEnums.severity) ??
        text('data.feature', data.feature, nameBytesMax)
      );
    case 'performance':
      return (
        requiredText('data.metric', data.metric, nameBytesMax) ??
        finite('data.value', data.value) ??
        text('data.unit', data.unit, valueBytesMax)
      );
    case 'sessionStart':
      return text('data.trigger', data.trigger, valueBytesMax);
    case 'sessionEnd':
      return (
        duration('data.durationMs', data.durationMs) ??
        duration('data.activeMs', data.activeMs) ??
        oneOf('data.reason', data.reason, dataEnums.reason)
      );
    case 'projectActivity':
      return (
        requiredText('data.projectId', data.projectId, identifierBytesMax) ??
        oneOf('data.action', data.action, dataEnums.action) ??
        text('data.projectType', data.projectType, valueBytesMax) ??
        count('data.itemCount', data.itemCount, Number.MAX_SAFE_INTEGER)
      );
    default:
      return `data.kind: ${quote((data as { kind?: unknown }).kind)} is not known`;
  }
}

function checkCustom({ properties, measurements }: TelemetryEvent): string | undefined {
  let entries = 0;
  for (const name in properties) {
    entries += 1;
    const value = properties[name];
    const problem = requiredText('a property name', name, propertyNameBytesMax);
    if (problem !== undefined) {
      return problem;
    }
    if (typeof value !== 'string' || exceedsUtf8(value, valueBytesMax)) {
      return text(`properties.${name}`, value ?? null, valueBytesMax);
    }
  }
  for (const name in measurements) {
    entries += 1;
    const value = measurements[name];
    const problem = requiredText('a measurement name', name, propertyNameBytesMax);
    if (problem !== undefined) {
      return problem;
    }
    // What to call it is put together only where it is called something.
    if (!Number.isFinite(value)) {
      return finite(`measurements.${name}`, value);
    }
  }
  return entries > propertiesMax
    ? `properties and measurements: ${entries} entries, at most ${propertiesMax} are allowed`
    : undefined;
}

function requiredText(field: string, value: unknown, sizeBytesMax: number): string | undefined {
  if (value === undefined || value === '') {
    return `${field}: missing`;
  }
  return text(field, value, sizeBytesMax);
}

function text(field: string, value: unknown, sizeBytesMax: number): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string') {
    return `${field}: ${quote(value)} is not a text`;
  }
  return exceedsUtf8(value, sizeBytesMax)
    ? `${field}: ${value.length} characters, longer than ${sizeBytesMax} bytes`
    : undefined;
}

function oneOf(field: string, value: unknown, known: Readonly<Record<string, number>>): string | undefined {
  if (value === undefined || (typeof value === 'string' && Object.hasOwn(known, value))) {
    return undefined;
  }
  return `${field}: ${quote(value)} is none of ${Object.keys(known).join(', ')}`;
}

function finite(field: string, value: unknown): string | undefined {
  return typeof value === 'number' && Number.isFinite(value)
    ? undefined
    : `${field}: ${quote(value)} is not a finite number`;
}

function duration(field: string, valueMs: unknown): string | undefined {
  if (valueMs === undefined) {
    return undefined;
  }
  // The wire has microseconds, and numbers are exact up to 2^53 - 1.
  const inRange = typeof valueMs === 'number' && valueMs >= 0 && valueMs * 1000 <= Number.MAX_SAFE_INTEGER;
  return inRange ? undefined : `${field}: ${quote(valueMs)} is not a duration in milliseconds`;
}

function count(field: string, value: unknown, max: number): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
    ? undefined
    : `${field}: ${quote(value)} is not a whole number from 0 to ${max}`;
}

/** A value for people, however long or odd it is. */
function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : String(value);
}
