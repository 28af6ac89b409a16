/** What a property says of a person: nothing, who it is, or something that is nobody's business. */
export type PropertyClass = 'public' | 'identity' | 'sensitive';
