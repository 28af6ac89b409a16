const matchLengthMin = 3;
const matchLengthMax = 258;
const windowBytes = 32_768;
const hashBits = 15;
/** Earlier places that are compared: more find little more, and take as much longer. */
const placesMax = 24;
/** A match as long as this is taken without a look whether the next place has a longer one. */
const goodLength = 24;

/** Below this a literal byte; at or above it a match: its length times this, and its distance less one. */
export const matchUnit = windowBytes;

/** Turns bytes into literals and matches with what came before, as of RFC 1951. */
export function findMatches(input: Uint8Array): Uint32Array {
  const symbols = new Uint32Array(input.length);
  const heads = new Int32Array(1 << hashBits).fill(-1);
  const previous = new Int32Array(input.length);
  const lastStart = input.length - matchLengthMin;
  let entered = 0;
  let count = 0;
  /** Enters the places before this one. */
  const enterUpTo = (place: number): void => {
    for (const end = Math.min(place, lastStart + 1); entered < end; entered++) {
      const hash = hashAt(input, entered);
      previous[entered] = heads[hash] ?? -1;
      heads[hash] = entered;
    }
  };
  const longestAt = (place: number): number => {
    if (place > lastStart) {
      return 0;
    }
    enterUpTo(place);
    const lengthMax = Math.min(matchLengthMax, input.length - place);
    let length = matchLengthMin - 1;
    let distance = 0;
    let candidate = heads[hashAt(input, place)] ?? -1;
    for (let places = placesMax; candidate >= 0 && place - candidate <= windowBytes && places > 0; places--) {
      if (input[candidate + length] === input[place + length]) {
        let same = 0;
        while (same < lengthMax && input[candidate + same] === input[place + same]) {
          same++;
        }
        if (same > length) {
          length = same;
          distance = place - candidate;
          if (same === lengthMax) {
            break;
          }
        }
      }
      candidate = previous[candidate] ?? -1;
    }
    return distance === 0 ? 0 : length * matchUnit + distance - 1;
  };
  let match = longestAt(0);
  for (let place = 0; place < input.length; ) {
    const next = match < goodLength * matchUnit ? longestAt(place + 1) : 0;
    const isWorthIt = match > 0 && Math.floor(next / matchUnit) <= Math.floor(match / matchUnit);
    symbols[count++] = isWorthIt ? match : (input[place] ?? 0);
    place += isWorthIt ? Math.floor(match / matchUnit) : 1;
    match = isWorthIt ? longestAt(place) : next;
  }
  return symbols.subarray(0, count);
}

function hashAt(input: Uint8Array, place: number): number {
  const bytes = ((input[place] ?? 0) << 16) | ((input[place + 1] ?? 0) << 8) | (input[place + 2] ?? 0);
  return Math.imul(bytes, 0x9e3779b1) >>> (32 - hashBits);
}
