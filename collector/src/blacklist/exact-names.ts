import { byteTextAt, byteTextOf } from './byte-text.ts';

/** Shorter names have no four last bytes to sample; they are few, and looked up at once. */
const SAMPLED_SIZE_BYTES_MIN = 4;
/** Slots of the filter per name: a name that is not in the set passes the filter once in so many times. */
const SLOTS_PER_NAME = 64;
const SLOTS_MIN = 4096;

/**
 * Values by name, found from the name's bytes. Nearly all names that are asked for are not there, so a filter over eight sampled
 * bytes and the size answers first, in a few nanoseconds and without making a text.
 */
export class ExactNames {
  readonly #values = new Map<string, number[]>();
  readonly #filter: Uint8Array;
  readonly #mask: number;
  #hasShortName = false;

  constructor(names: readonly { readonly name: string; readonly value: number }[]) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(SLOTS_MIN, names.length * SLOTS_PER_NAME)));
    this.#filter = new Uint8Array(slots);
    this.#mask = slots - 1;
    for (const { name, value } of names) this.#add(name, value);
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** The values of the name from `start` up to `end`, in the order in which they were given. */
  find(bytes: Uint8Array, start: number, end: number): readonly number[] | undefined {
    if (end - start < SAMPLED_SIZE_BYTES_MIN) {
      if (!this.#hasShortName) return undefined;
    } else if (this.#filter[sample(bytes, start, end) & this.#mask] === 0) return undefined;
    return this.#values.get(byteTextAt(bytes, start, end));
  }

  #add(name: string, value: number): void {
    const bytes = Buffer.from(name, 'utf8');
    if (bytes.length < SAMPLED_SIZE_BYTES_MIN) this.#hasShortName = true;
    else this.#filter[sample(bytes, 0, bytes.length) & this.#mask] = 1;
    const text = byteTextOf(name);
    const values = this.#values.get(text);
    if (values === undefined) this.#values.set(text, [value]);
    else values.push(value);
  }
}

/** Mixes the last four bytes, by which names of one family differ, with four from the rest, and the size. */
function sample(bytes: Uint8Array, start: number, end: number): number {
  const size = end - start;
  const last =
    (bytes[end - 1] as number) |
    ((bytes[end - 2] as number) << 8) |
    ((bytes[end - 3] as number) << 16) |
    ((bytes[end - 4] as number) << 24);
  const rest =
    (bytes[start] as number) |
    ((bytes[start + (size >> 2)] as number) << 8) |
    ((bytes[start + (size >> 1)] as number) << 16) |
    ((bytes[start + ((size * 3) >> 2)] as number) << 24);
  const mixed = Math.imul(last, 0x9e37_79b1) ^ Math.imul(rest ^ size, 0x85eb_ca6b);
  return mixed ^ (mixed >>> 15);
}
