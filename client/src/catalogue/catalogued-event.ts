import type { EventData, TelemetryEvent } from '../event.ts';
import type { Catalogue } from './catalogue.ts';
import type { DataOfKind, EventDefinition, PropertyDefinition, PropertyDefinitions } from './event-definition.ts';

/** The value that a property takes. */
type ValueOf<Definition extends PropertyDefinition> = Definition['type'] extends 'string'
  ? string
  : Definition['type'] extends 'number'
    ? number
    : Definition['type'] extends 'boolean'
      ? boolean
      : Definition['type'] extends readonly (infer Choice)[]
        ? Choice
        : never;

type RequiredNames<Properties extends PropertyDefinitions> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly optional: true } ? never : Name;
}[keyof Properties];

/** The values of properties: those that are not optional have to be there. */
type ValuesOf<Properties extends PropertyDefinitions> = {
  readonly [Name in RequiredNames<Properties>]: ValueOf<Properties[Name]>;
} & {
  readonly [Name in Exclude<keyof Properties, RequiredNames<Properties>>]?: ValueOf<Properties[Name]> | undefined;
};

type PropertiesOf<Definition> = Definition extends { readonly properties: infer Properties extends PropertyDefinitions }
  ? Properties
  : Record<never, never>;

type PropertiesPart<Properties extends PropertyDefinitions> = [keyof Properties] extends [never]
  ? { readonly properties?: undefined }
  : [RequiredNames<Properties>] extends [never]
    ? { readonly properties?: ValuesOf<Properties> | undefined }
    : { readonly properties: ValuesOf<Properties> };

type RequiredKeys<Shape> = { [Key in keyof Shape]-?: undefined extends Shape[Key] ? never : Key }[keyof Shape];

/** A payload of which some parts are known: by the definition, or because they are the event's name. */
type DataWithout<Data, Known> = [Exclude<RequiredKeys<Data>, Known>] extends [never]
  ? { readonly data?: Partial<Data> | undefined }
  : { readonly data: Pick<Data, Exclude<RequiredKeys<Data>, Known>> & Partial<Data> };

type KnownParts<Definition> =
  | 'feature'
  | 'metric'
  | (Definition extends { readonly data: infer Data extends object } ? keyof Data : never);

type DataPart<Definition extends EventDefinition> = Definition extends {
  readonly kind: infer Kind extends EventData['kind'];
}
  ? DataWithout<DataOfKind<Kind>, KnownParts<Definition>>
  : { readonly data?: undefined };

/** An event as its definition wants it, less the name. */
type DetailsOf<Definition extends EventDefinition> = PropertiesPart<PropertiesOf<Definition>> &
  DataPart<Definition> &
  Pick<TelemetryEvent, 'time'>;

/** Names of the events; without a catalogue any text. */
export type EventName<C extends Catalogue | undefined> = C extends Catalogue ? keyof C['events'] & string : string;

type DefinitionOf<C extends Catalogue, Name extends string> = Name extends keyof C['events']
  ? C['events'][Name]
  : never;

/** What `log` takes: an event as the catalogue defines it, or without a catalogue any event. */
export type EventOf<C extends Catalogue | undefined, Name extends string> = C extends Catalogue
  ? { readonly name: Name } & DetailsOf<DefinitionOf<C, Name>>
  : TelemetryEvent;

/** Names of the events of a kind; without a catalogue any text. */
export type NameOfKind<C extends Catalogue | undefined, Kind extends EventData['kind']> = C extends Catalogue
  ? {
      [Name in keyof C['events'] & string]: C['events'][Name] extends { readonly kind: Kind } ? Name : never;
    }[keyof C['events'] & string]
  : string;

interface PlainExtras extends Pick<TelemetryEvent, 'time'> {
  readonly name?: undefined;
  readonly properties?: undefined;
}

/** What a helper takes besides its payload, given a catalogue: nothing, or the name of an event of its kind and the properties of that. */
export type CataloguedExtras<C extends Catalogue, Kind extends EventData['kind']> =
  | PlainExtras
  | {
      [Name in NameOfKind<C, Kind>]: { readonly name: Name } & PropertiesPart<PropertiesOf<C['events'][Name]>> &
        Pick<TelemetryEvent, 'time'>;
    }[NameOfKind<C, Kind>];

/** Properties of an event by its name; `undefined`: the event has none that are required. */
export type PropertiesByName<C extends Catalogue, Name extends string> = PropertiesPart<
  PropertiesOf<C['events'][Name]>
>;

/** The same where each may be missing. */
export interface PartialProperties<C extends Catalogue, Name extends string> {
  readonly properties?: Partial<ValuesOf<PropertiesOf<C['events'][Name]>>> | undefined;
}

/** Whether an event of that name can do without properties. */
export type NeedsNoProperties<C extends Catalogue, Name extends string> = [
  RequiredNames<PropertiesOf<C['events'][Name]>>,
] extends [never]
  ? true
  : false;

/** What `setContext` takes: each value for itself, undefined to take one away. */
export type ContextOf<C extends Catalogue | undefined> = C extends Catalogue
  ? [keyof C['context']] extends [never]
    ? Readonly<Record<string, undefined>>
    : { readonly [Name in keyof C['context']]?: ValueOf<C['context'][Name]> | undefined }
  : Readonly<Record<string, string | number | boolean | undefined>>;
