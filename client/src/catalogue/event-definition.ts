import type { EventData, EventTier } from '../event.ts';
import type { PropertyClass } from '../privacy/property-class.ts';

interface AnyPropertyDefinition {
  /** Whether an event may go without it. Default: it may not. */
  readonly optional?: boolean | undefined;
  /** What it means, for those who read the data. */
  readonly description?: string | undefined;
}

/** Text that the application makes at run time. It may hold anything, so whoever defines it says what it tells of a person. */
export interface TextDefinition extends AnyPropertyDefinition {
  readonly type: 'string';
  readonly class: PropertyClass;
}

/** A finite number; sent as a measurement. */
export interface NumberDefinition extends AnyPropertyDefinition {
  readonly type: 'number';
  /** Default: public. */
  readonly class?: Exclude<PropertyClass, 'identity'> | undefined;
  /** Unit in UCUM notation, such as "ms", "By" or "1". For those who read the data: it is not sent. */
  readonly unit?: string | undefined;
}

/** Sent as the text "true" or "false". */
export interface BooleanDefinition extends AnyPropertyDefinition {
  readonly type: 'boolean';
  /** Default: public. */
  readonly class?: Exclude<PropertyClass, 'identity'> | undefined;
}

/** One of the texts in `type`, such as `type: ['pdf', 'png']`. */
export interface ChoiceDefinition extends AnyPropertyDefinition {
  readonly type: readonly string[];
  /** Default: public. */
  readonly class?: Exclude<PropertyClass, 'identity'> | undefined;
}

/** One property of an event. */
export type PropertyDefinition = TextDefinition | NumberDefinition | BooleanDefinition | ChoiceDefinition;

/** Properties by name. */
export type PropertyDefinitions = Readonly<Record<string, PropertyDefinition>>;

/** Kinds of payload, and "custom": none. */
export type EventKind = 'custom' | EventData['kind'];

/** The payload of a kind, without the kind. */
export type DataOfKind<Kind extends EventData['kind']> = Omit<Extract<EventData, { readonly kind: Kind }>, 'kind'>;

interface AnyEventDefinition {
  /** What each event of this name may and must have. Default: nothing. */
  readonly properties?: PropertyDefinitions | undefined;
  /** How long the events are worth keeping. Default: standard. */
  readonly tier?: EventTier | undefined;
  /** Who answers for the event: a team or an address. */
  readonly owner: string;
  /** When it is logged, and which question it answers. */
  readonly description: string;
}

interface CustomDefinition extends AnyEventDefinition {
  readonly kind?: 'custom' | undefined;
  readonly data?: undefined;
}

type DefinitionsByKind = {
  readonly [Kind in EventData['kind']]: AnyEventDefinition & {
    readonly kind: Kind;
    /** Parts of the payload that are the same for every event of this name. The feature and the metric are its name by default. */
    readonly data?: Partial<DataOfKind<Kind>> | undefined;
  };
};

/** One event of an application: which payload it carries, if any, and what comes with it. */
export type EventDefinition = CustomDefinition | DefinitionsByKind[EventData['kind']];

/** Events by name. */
export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

/** Words that a definition may have, to refuse a misspelt one: a class that is not read would let a name out. */
export const definitionWords = {
  event: ['kind', 'data', 'properties', 'tier', 'owner', 'description'],
  property: ['type', 'class', 'optional', 'unit', 'description'],
} as const;
