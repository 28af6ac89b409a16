import { protocolLimits } from '@telemetry/gen/constants';
import type { Audience } from '../core.ts';
import type { TelemetryEvent } from '../event.ts';
import type { EventGate } from '../event-gate.ts';
import type { IdentifierHash } from './hash.ts';
import type { ClassOf } from './property-class.ts';
import { type DataProtection, protectData, scrubbedName } from './protect-data.ts';
import type { OpenScrubCounts, ScrubCounts } from './scrub-counts.ts';
import { scrubbedWithin } from './scrubbed-within.ts';

/** What the gate goes by. */
export interface PrivacyGateOptions {
  /** Of the user as it is when an event is logged; undefined is treated as external. */
  readonly audience: () => Audience | undefined;
  /** Hashes identifiers of external users; undefined: there is no key, and they are left out. */
  readonly hash: IdentifierHash | undefined;
  /** The class of a property or measurement, from the application's catalogue. Default: all are public. */
  readonly classOf?: ClassOf | undefined;
  /** An identifier was left out for want of a key. Called each time. */
  readonly onWithheld?: (() => void) | undefined;
}

/** Protects external users, and counts what it had to do for it. */
export interface PrivacyGate extends EventGate {
  admit(event: TelemetryEvent): TelemetryEvent;
  /** Replaced in texts so far, by what it looked like. */
  readonly scrubbed: ScrubCounts;
  /** Properties, measurements and project ids left out so far: sensitive ones, and identities without a key. */
  readonly withheld: number;
}

const { valueBytesMax, nameBytesMax, propertyNameBytesMax } = protocolLimits;

/**
 * A gate that lets events of internal users through as they are, and brings those of external users into the form in which they may be
 * sent: identifiers hashed, sensitive values left out, texts scrubbed. An event without any of these goes through as it is.
 */
export function privacyGate(options: PrivacyGateOptions): PrivacyGate {
  return new PrivacyGateImplementation(options);
}

class PrivacyGateImplementation implements PrivacyGate {
  readonly scrubbed: OpenScrubCounts = { email: 0, path: 0, urlUser: 0 };
  withheld = 0;
  readonly #options: PrivacyGateOptions;
  readonly #protection: DataProtection;

  constructor(options: PrivacyGateOptions) {
    this.#options = options;
    this.#protection = { hash: options.hash, counts: this.scrubbed, onWithheld: () => this.#withholdIdentity() };
  }

  admit(event: TelemetryEvent): TelemetryEvent {
    if (this.#options.audience() === 'internal') {
      return event;
    }
    const { name: logged, data: loggedData, properties: loggedProperties, measurements: loggedMeasurements } = event;
    const name = scrubbedName(logged, nameBytesMax, this.scrubbed);
    const data = loggedData === undefined ? undefined : protectData(loggedData, this.#protection);
    const properties = loggedProperties === undefined ? undefined : this.#properties(logged, loggedProperties);
    const measurements = loggedMeasurements === undefined ? undefined : this.#measurements(logged, loggedMeasurements);
    const isSame =
      name === logged && data === loggedData && properties === loggedProperties && measurements === loggedMeasurements;
    // Field by field: of an object with getters a spread would copy none.
    return isSame ? event : { name, data, properties, measurements, tier: event.tier, time: event.time };
  }

  #properties(eventName: string, properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    let copy: Record<string, string> | undefined;
    for (const name in properties) {
      const value = properties[name] as string;
      const protectedName = scrubbedWithin(name, propertyNameBytesMax, this.scrubbed);
      // What is no text stays: the check of the event says what is wrong with it.
      const protectedValue = typeof value === 'string' ? this.#property(eventName, name, value) : value;
      if (protectedValue !== value || protectedName !== name) {
        copy ??= entriesBefore(properties, name);
      }
      if (copy !== undefined && protectedValue !== leftOut) {
        copy[protectedName] = protectedValue;
      }
    }
    return copy ?? properties;
  }

  #property(eventName: string, name: string, value: string): string | typeof leftOut {
    switch (this.#options.classOf?.(eventName, name)) {
      case 'sensitive':
        this.withheld += 1;
        return leftOut;
      case 'identity':
        return value === '' ? value : (this.#options.hash?.hash(value) ?? this.#withholdIdentity());
      default:
        return scrubbedWithin(value, valueBytesMax, this.scrubbed);
    }
  }

  /** A number that identifies cannot be hashed and stay one. */
  #measurements(eventName: string, measurements: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    let copy: Record<string, number> | undefined;
    for (const name in measurements) {
      const isPublic = (this.#options.classOf?.(eventName, name) ?? 'public') === 'public';
      const protectedName = scrubbedWithin(name, propertyNameBytesMax, this.scrubbed);
      this.withheld += isPublic ? 0 : 1;
      if (!isPublic || protectedName !== name) {
        copy ??= entriesBefore(measurements, name);
      }
      if (copy !== undefined && isPublic) {
        copy[protectedName] = measurements[name] as number;
      }
    }
    return copy ?? measurements;
  }

  #withholdIdentity(): typeof leftOut {
    this.withheld += 1;
    this.#options.onWithheld?.();
    return leftOut;
  }
}

const leftOut = Symbol('left out');

/** What stands in front of an entry, and need not be changed. Without a prototype, where an entry may be called "__proto__". */
function entriesBefore<Value>(entries: Readonly<Record<string, Value>>, end: string): Record<string, Value> {
  const copy: Record<string, Value> = Object.create(null);
  for (const name in entries) {
    if (name === end) {
      break;
    }
    copy[name] = entries[name] as Value;
  }
  return copy;
}
