/** Of gRPC, before each message: whether it is compressed, then its length in four bytes. */
const PREFIX_SIZE_BYTES = 5;
const LENGTH_OFFSET_BYTES = 1;

/** A message as it goes over the wire of a gRPC call, copied. */
export function framedMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafeSlow(PREFIX_SIZE_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, LENGTH_OFFSET_BYTES);
  frame.set(message, PREFIX_SIZE_BYTES);
  return frame;
}

/** Finds the messages in what comes over the wire of a gRPC call. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete with these bytes; valid until the next are read. */
  *read(chunk: Buffer): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    while (bytes.length - start >= PREFIX_SIZE_BYTES) {
      const end = start + PREFIX_SIZE_BYTES + bytes.readUInt32BE(start + LENGTH_OFFSET_BYTES);
      if (end > bytes.length) break;
      if (bytes[start] !== 0) throw new Error('The collector has compressed a message, which nobody asked it to.');
      yield bytes.subarray(start + PREFIX_SIZE_BYTES, end);
      start = end;
    }
    this.#rest = bytes.subarray(start);
  }
}
