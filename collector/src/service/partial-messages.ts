const FRAME_HEADER_SIZE_BYTES = 5;

/** A call, as its bytes come in. */
interface Incoming {
  /** Ends the call. */
  readonly end: () => void;
  /** Bytes of the frame that is not whole. */
  heldSizeBytes: number;
  /** Size of that frame, its header included, as far as the header has come. */
  readonly header: Uint8Array;
}

/**
 * Counts the bytes of gRPC messages that have come in part, over all calls. The library keeps them until the message is whole, for as many
 * calls as there are.
 */
export class PartialMessages {
  readonly #sizeBytesMax: number;
  readonly #calls = new Set<Incoming>();
  #heldSizeBytes = 0;

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** Bytes that are held. */
  get heldSizeBytes(): number {
    return this.#heldSizeBytes;
  }

  /** Takes up a call; `end` is called when it has to go since it holds the most of too much. */
  enter(end: () => void): { receive(chunk: Uint8Array): void; leave(): void } {
    const call: Incoming = { end, heldSizeBytes: 0, header: new Uint8Array(FRAME_HEADER_SIZE_BYTES) };
    this.#calls.add(call);
    return {
      receive: (chunk) => {
        const before = call.heldSizeBytes;
        advance(call, chunk);
        this.#heldSizeBytes += call.heldSizeBytes - before;
        if (this.#heldSizeBytes > this.#sizeBytesMax) this.#largest()?.end();
      },
      leave: () => {
        if (this.#calls.delete(call)) this.#heldSizeBytes -= call.heldSizeBytes;
      },
    };
  }

  #largest(): Incoming | undefined {
    let largest: Incoming | undefined;
    for (const call of this.#calls) {
      if (largest === undefined || call.heldSizeBytes > largest.heldSizeBytes) largest = call;
    }
    return largest;
  }
}

/** Steps over the frames in a chunk: a flag, four bytes of length, the message. */
function advance(call: Incoming, chunk: Uint8Array): void {
  let position = 0;
  while (position < chunk.length) {
    if (call.heldSizeBytes < FRAME_HEADER_SIZE_BYTES) {
      call.header[call.heldSizeBytes++] = chunk[position++] as number;
      if (call.heldSizeBytes < FRAME_HEADER_SIZE_BYTES) continue;
    }
    const length = new DataView(call.header.buffer).getUint32(1);
    const taken = Math.min(chunk.length - position, FRAME_HEADER_SIZE_BYTES + length - call.heldSizeBytes);
    position += taken;
    call.heldSizeBytes += taken;
    if (call.heldSizeBytes === FRAME_HEADER_SIZE_BYTES + length) call.heldSizeBytes = 0;
  }
}
