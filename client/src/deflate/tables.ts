/** Codes of lengths and distances as of RFC 1951, 3.2.5: what each begins with, and how many bits follow it. */
export interface CodeTable {
  readonly bases: readonly number[];
  readonly extraBits: readonly number[];
}

/** @param perStep codes that have as many extra bits, after the first ones that have none. */
function table(count: number, first: number, perStep: number): CodeTable {
  const bases: number[] = [];
  const extraBits: number[] = [];
  let base = first;
  for (let code = 0; code < count; code++) {
    const extra = Math.max(0, Math.floor(code / perStep) - 1);
    bases.push(base);
    extraBits.push(extra);
    base += 2 ** extra;
  }
  return { bases, extraBits };
}

const lengths = table(28, 3, 4);

/** Code 257 and those after it; the last stands for the longest match alone. */
export const lengthTable: CodeTable = { bases: [...lengths.bases, 258], extraBits: [...lengths.extraBits, 0] };

export const distanceTable: CodeTable = table(30, 1, 2);

/** In which order the lengths of the codes for lengths stand in a block. */
export const lengthCodeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

/** The code that ends a block. */
export const endOfBlock = 256;
