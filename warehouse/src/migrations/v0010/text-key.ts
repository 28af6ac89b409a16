/**
 * What stands for texts in a key of a group: 128 bits that two different texts share with a chance of 1 in 10^38. Added up, two of them are one for
 * both. Of a text with a dictionary each word is hashed once and not once an event; `materialize` makes a plain number of it, since a dictionary of
 * numbers is no key of fixed width to the engine.
 */
export function textKey(...texts: readonly string[]): string {
  return `materialize(reinterpretAsUInt128(sipHash128(${texts.join(', ')})))`;
}
