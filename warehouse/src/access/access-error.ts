/** Why keys or certificates cannot be used: what is wrong and what to do, for people. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
}
