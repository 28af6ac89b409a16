/**
 * What a property says of a person: nothing, who it is, or something that is nobody's business; and so what may become of it.
 *
 * | class | internal users | external users |
 * |---|---|---|
 * | `public` | as it is | scrubbed of what looks like an e-mail address or a path with a user name |
 * | `identity` | as it is | hashed with the key; left out where there is none, and where it is a number |
 * | `sensitive` | as it is | left out |
 */
export type PropertyClass = 'public' | 'identity' | 'sensitive';

/** The class of a property or measurement of an event; undefined: public. */
export type ClassOf = (eventName: string, property: string) => PropertyClass | undefined;
