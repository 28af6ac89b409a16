import { type Coverage, coverage, type SequenceRanges, union } from '../admission/sequence-ranges.ts';

const ID_WORDS = 4;
const CAPACITY_MIN = 1 << 12;
/** Slots are at most 5/8 full: linear probing then looks at about two slots for a key that is there. */
const LOAD_FACTOR_NUMERATOR = 5;
const LOAD_FACTOR_DENOMINATOR = 8;

/**
 * Which event numbers of which producers were taken. An open-addressing table in typed arrays, because a `Map` of a million producers
 * costs four times the memory and a pause for every garbage collection. A producer sends its numbers in order, so nearly all need one
 * range, which stands in the slot; the few others have their ranges in a `Map` beside it.
 */
export class ProducerTable {
  readonly #seed: number;
  readonly #rangesPerProducerMax: number;
  #capacity = CAPACITY_MIN;
  #ids = new Uint32Array(CAPACITY_MIN * ID_WORDS);
  /** First and last number of the slot's range. 0: the slot is free. -1: see `#manyRanges`. */
  #first = new Float64Array(CAPACITY_MIN);
  #last = new Float64Array(CAPACITY_MIN);
  readonly #manyRanges = new Map<string, SequenceRanges>();
  #size = 0;
  readonly #key = new Uint32Array(ID_WORDS);
  readonly #keyBytes = new Uint8Array(this.#key.buffer);

  /** @param seed random, so that nobody can choose producer ids that collide */
  constructor(seed: number, rangesPerProducerMax: number) {
    this.#seed = seed >>> 0;
    this.#rangesPerProducerMax = rangesPerProducerMax;
  }

  /** Number of producers. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the table's arrays. */
  get sizeBytes(): number {
    return this.#ids.byteLength + this.#first.byteLength + this.#last.byteLength;
  }

  /** Whether anything was taken from this producer. */
  has(producerId: Uint8Array): boolean {
    this.#keyBytes.set(producerId);
    return this.#first[this.#find()] !== 0;
  }

  /** How much of `sequence` was taken from this producer. */
  coverage(producerId: Uint8Array, sequence: SequenceRanges): Coverage {
    this.#keyBytes.set(producerId);
    const slot = this.#find();
    const slotFirst = this.#first[slot] as number;
    if (slotFirst === 0) return 'none';
    if (slotFirst > 0 && sequence.length === 2) {
      const first = sequence[0] as number;
      const last = sequence[1] as number;
      const slotLast = this.#last[slot] as number;
      if (first > slotLast || last < slotFirst) return 'none';
      return first >= slotFirst && last <= slotLast ? 'whole' : 'partial';
    }
    return coverage(sequence, this.#rangesAt(slot, producerId));
  }

  /** The numbers taken from this producer. */
  rangesOf(producerId: Uint8Array): SequenceRanges {
    this.#keyBytes.set(producerId);
    const slot = this.#find();
    return this.#first[slot] === 0 ? [] : this.#rangesAt(slot, producerId);
  }

  /** Adds numbers to those taken from this producer. */
  add(producerId: Uint8Array, sequence: SequenceRanges): void {
    this.#keyBytes.set(producerId);
    let slot = this.#find();
    if (this.#first[slot] === 0) {
      if ((this.#size + 1) * LOAD_FACTOR_DENOMINATOR > this.#capacity * LOAD_FACTOR_NUMERATOR) {
        this.#grow();
        this.#keyBytes.set(producerId);
        slot = this.#find();
      }
      this.#size++;
      this.#ids.set(this.#key, slot * ID_WORDS);
      this.#store(slot, producerId, sequence);
      return;
    }
    const first = sequence[0] as number;
    if (sequence.length === 2 && (this.#first[slot] as number) > 0 && first === (this.#last[slot] as number) + 1) {
      this.#last[slot] = sequence[1] as number;
      return;
    }
    this.#store(slot, producerId, union(this.#rangesAt(slot, producerId), sequence));
  }

  #store(slot: number, producerId: Uint8Array, ranges: SequenceRanges): void {
    if (ranges.length === 2) {
      if (this.#first[slot] === -1) this.#manyRanges.delete(mapKey(producerId));
      this.#first[slot] = ranges[0] as number;
      this.#last[slot] = ranges[1] as number;
      return;
    }
    // The oldest holes are closed first: a number in them counts as taken, which can only lose what a broken producer sends late.
    const bounded =
      ranges.length / 2 > this.#rangesPerProducerMax ? closeOldestHoles(ranges, this.#rangesPerProducerMax) : ranges;
    this.#first[slot] = -1;
    this.#manyRanges.set(mapKey(producerId), bounded);
  }

  #rangesAt(slot: number, producerId: Uint8Array): SequenceRanges {
    if (this.#first[slot] === -1) return this.#manyRanges.get(mapKey(producerId)) ?? [];
    return [this.#first[slot] as number, this.#last[slot] as number];
  }

  /** The slot of `#key`, or the free slot where it belongs. */
  #find(): number {
    const [a, b, c, d] = this.#key as unknown as [number, number, number, number];
    const ids = this.#ids;
    const mask = this.#capacity - 1;
    let slot = hash(a, b, c, d, this.#seed) & mask;
    while (this.#first[slot] !== 0) {
      const at = slot * ID_WORDS;
      if (ids[at] === a && ids[at + 1] === b && ids[at + 2] === c && ids[at + 3] === d) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const ids = this.#ids;
    const first = this.#first;
    const last = this.#last;
    const capacity = this.#capacity;
    this.#capacity = capacity * 2;
    this.#ids = new Uint32Array(this.#capacity * ID_WORDS);
    this.#first = new Float64Array(this.#capacity);
    this.#last = new Float64Array(this.#capacity);
    for (let old = 0; old < capacity; old++) {
      if (first[old] === 0) continue;
      this.#key.set(ids.subarray(old * ID_WORDS, (old + 1) * ID_WORDS));
      const slot = this.#find();
      this.#ids.set(this.#key, slot * ID_WORDS);
      this.#first[slot] = first[old] as number;
      this.#last[slot] = last[old] as number;
    }
  }
}

function mapKey(producerId: Uint8Array): string {
  return Buffer.from(producerId.buffer, producerId.byteOffset, producerId.byteLength).toString('latin1');
}

/** Mixes the words of an id with the finalizer of MurmurHash3 (public domain, Austin Appleby). */
function hash(a: number, b: number, c: number, d: number, seed: number): number {
  let h = seed;
  h = Math.imul(h ^ a, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ b, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16) ^ c, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ d, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function closeOldestHoles(ranges: SequenceRanges, rangesMax: number): SequenceRanges {
  const surplus = ranges.length - rangesMax * 2;
  return [ranges[0] as number, ...ranges.slice(surplus + 1)];
}
