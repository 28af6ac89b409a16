/** Options that cannot be meant so. Permanent: somebody has to give others. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  readonly kind = 'permanent';
}

/** Options as they came. */
export type Given = Readonly<Record<string, unknown>>;

/**
 * Reads the options of a tool, which come as one JSON object.
 *
 * @throws OptionError, as all functions here do, saying which option is wrong and what is expected.
 */
export function parseObject(json: string | undefined): Given {
  let given: unknown;
  try {
    given = JSON.parse(json ?? '');
  } catch (cause) {
    throw new OptionError('the options are not JSON; give them as one object in the first argument', { cause });
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError('the options are not an object; give them as one JSON object in the first argument');
  }
  return given as Given;
}

/** A required text. */
export function text(given: Given, name: string, bytesMax: number): string {
  const value = given[name];
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > bytesMax) {
    throw new OptionError(`${name}: ${JSON.stringify(value)} is not a text of 1 to ${bytesMax} bytes`);
  }
  return value;
}

/** A required whole number from 1 on. */
export function wholeNumber(given: Given, name: string, max: number): number {
  const value = given[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > max) {
    throw new OptionError(`${name}: ${JSON.stringify(value)} is not a whole number from 1 to ${max}`);
  }
  return value;
}

/** A required yes or no. */
export function flag(given: Given, name: string): boolean {
  const value = given[name];
  if (typeof value !== 'boolean') {
    throw new OptionError(`${name}: ${JSON.stringify(value)} is neither true nor false`);
  }
  return value;
}
