/** Of gRPC, before each message: whether it is compressed, then its length in four bytes. */
const PREFIX_SIZE_BYTES = 5;
const LENGTH_OFFSET_BYTES = 1;

/** A message as it goes over the wire of a gRPC call; `claimedSizeBytes` may say another size than it has. */
export function frame(message: Uint8Array, isCompressed = false, claimedSizeBytes = message.length): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_SIZE_BYTES + message.length);
  bytes[0] = isCompressed ? 1 : 0;
  bytes.writeUInt32BE(claimedSizeBytes, LENGTH_OFFSET_BYTES);
  bytes.set(message, PREFIX_SIZE_BYTES);
  return bytes;
}

/** Finds the messages in what comes over the wire of a gRPC call whose sides do not compress. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete with these bytes; valid until the next are read. To be taken to the end. */
  *read(chunk: Buffer): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    while (bytes.length - start >= PREFIX_SIZE_BYTES) {
      const end = start + PREFIX_SIZE_BYTES + bytes.readUInt32BE(start + LENGTH_OFFSET_BYTES);
      if (end > bytes.length) break;
      yield bytes.subarray(start + PREFIX_SIZE_BYTES, end);
      start = end;
    }
    this.#rest = bytes.subarray(start);
  }
}
