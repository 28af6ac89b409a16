/** Codes of a Huffman tree: how many bits each symbol has, and the bits in the order in which they are written. 0 bits: it does not occur. */
export interface HuffmanCodes {
  readonly lengths: Uint8Array;
  readonly bits: Uint16Array;
}

/** The codes for symbols that occur so often, none longer than `bitsMax`. */
export function huffmanCodes(frequencies: Uint32Array, bitsMax: number): HuffmanCodes {
  const lengths = codeLengths(frequencies, bitsMax);
  return { lengths, bits: canonicalCodes(lengths) };
}

function codeLengths(frequencies: Uint32Array, bitsMax: number): Uint8Array {
  const lengths = new Uint8Array(frequencies.length);
  const symbols = Array.from(frequencies.keys()).filter((symbol) => frequencies[symbol] !== 0);
  symbols.sort((left, right) => (frequencies[left] ?? 0) - (frequencies[right] ?? 0) || left - right);
  if (symbols.length === 0) {
    return lengths;
  }
  if (symbols.length === 1) {
    // A tree of one leaf is none: one that does not occur takes the other branch.
    symbols.push(symbols[0] === 0 ? 1 : 0);
  }
  const depths = leafDepths(symbols.map((symbol) => frequencies[symbol] ?? 0));
  limitDepths(depths, bitsMax);
  for (const [index, symbol] of symbols.entries()) {
    lengths[symbol] = depths[index] ?? 0;
  }
  return lengths;
}

/** Depths of the leaves in the tree of these weights, which ascend: at least two. The parents come into being in ascending order, too. */
function leafDepths(weights: number[]): number[] {
  const leaves = weights.length;
  const nodes = [...weights];
  const parents: number[] = [];
  let leaf = 0;
  let inner = leaves;
  const takeLightest = (): number => {
    const isLeaf = leaf < leaves && (inner >= nodes.length || (nodes[leaf] ?? 0) <= (nodes[inner] ?? 0));
    return isLeaf ? leaf++ : inner++;
  };
  while (nodes.length < 2 * leaves - 1) {
    const first = takeLightest();
    const second = takeLightest();
    parents[first] = nodes.length;
    parents[second] = nodes.length;
    nodes.push((nodes[first] ?? 0) + (nodes[second] ?? 0));
  }
  const depths: number[] = [];
  depths[nodes.length - 1] = 0;
  for (let node = nodes.length - 2; node >= 0; node--) {
    depths[node] = (depths[parents[node] ?? 0] ?? 0) + 1;
  }
  return depths.slice(0, leaves);
}

/** Shortens what is too deep, and makes up for it elsewhere: every code has its share of a whole, and together they fill it. The rarest come first. */
function limitDepths(depths: number[], bitsMax: number): void {
  const whole = 2 ** bitsMax;
  let taken = 0;
  for (let index = 0; index < depths.length; index++) {
    depths[index] = Math.min(depths[index] ?? 0, bitsMax);
    taken += 2 ** (bitsMax - (depths[index] ?? 0));
  }
  for (let index = 0; index < depths.length; index++) {
    for (let depth = depths[index] ?? 0; taken > whole && depth < bitsMax; depth++) {
      taken -= 2 ** (bitsMax - depth - 1);
      depths[index] = depth + 1;
    }
  }
  for (let index = depths.length - 1; index >= 0; index--) {
    for (let depth = depths[index] ?? 0; taken + 2 ** (bitsMax - depth) <= whole; depth--) {
      taken += 2 ** (bitsMax - depth);
      depths[index] = depth - 1;
    }
  }
}

/** Codes by their lengths as of RFC 1951, 3.2.2, the bits turned around. */
function canonicalCodes(lengths: Uint8Array): Uint16Array {
  const next = new Uint16Array(17);
  for (const length of lengths) {
    if (length > 0) {
      next[length + 1] = (next[length + 1] ?? 0) + 1;
    }
  }
  for (let length = 1; length < 17; length++) {
    next[length] = ((next[length - 1] ?? 0) + (next[length] ?? 0)) << 1;
  }
  return Uint16Array.from(lengths, (length) => {
    let code = length === 0 ? 0 : (next[length] ?? 0);
    if (length > 0) {
      next[length] = code + 1;
    }
    let turned = 0;
    for (let bit = 0; bit < length; bit++) {
      turned = (turned << 1) | (code & 1);
      code >>= 1;
    }
    return turned;
  });
}
