/** Writes bits, the lowest of each byte first. */
export class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #rest = 0;
  #restBits = 0;

  constructor(capacityBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  /** @param count at most 16. */
  write(value: number, count: number): void {
    this.#rest |= value << this.#restBits;
    this.#restBits += count;
    while (this.#restBits >= 8) {
      this.byte(this.#rest & 0xff);
      this.#rest >>>= 8;
      this.#restBits -= 8;
    }
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#restBits > 0) {
      this.byte(this.#rest & 0xff);
    }
    this.#rest = 0;
    this.#restBits = 0;
  }

  /** A byte; between bytes only. */
  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = value;
  }

  /** Four bytes, the lowest first; between bytes only. */
  uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) {
      this.byte((value >>> shift) & 0xff);
    }
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}
