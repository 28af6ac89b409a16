/** What a key may be written with in a header: no blanks, and nothing that would end it. */
const keyPattern = /^[\x21-\x7e]+$/;

/**
 * The header or metadata by which a key is shown; none without a key.
 *
 * @throws TypeError when it is not a key.
 */
export function bearerKey(key: string | undefined): Readonly<Record<string, string>> {
  if (key === undefined) {
    return {};
  }
  // Not what it is: a key that is wrong by a blank is nearly the right one, and errors are logged.
  if (typeof key !== 'string' || !keyPattern.test(key)) {
    throw new TypeError('key: not a key; give it as `telemetry keys add` prints it, without blanks');
  }
  return { authorization: `Bearer ${key}` };
}
