import { InvalidArgumentError } from 'commander';

/** Parser of an option that takes a whole number of at least `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`"${text}" is not a whole number of at least ${min}.`);
    }
    return value;
  };
}
