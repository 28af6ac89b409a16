import type { Random } from './random.ts';

/** Bytes of the protobuf encoding that lead a parser astray. */
const NASTY = [0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x1a, 0x22];

/** The bytes with one to three faults: flipped bits, changed, added, removed, repeated and cut off bytes. */
export function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let fault = random.between(1, 3); fault > 0; fault--) result = mutateOnce(random, result);
  return result;
}

function mutateOnce(random: Random, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(7)) {
    case 0:
    case 1:
      return replaceAt(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 2:
      return replaceAt(bytes, at, () => random.pick(NASTY));
    case 3:
      return join(head, Uint8Array.of(random.pick(NASTY)), tail);
    case 4:
      return join(head, tail.subarray(random.between(1, 3)));
    case 5:
      return join(head, bytes.subarray(random.below(at + 1), at), tail);
    default:
      return random.chance(0.2) ? Uint8Array.from(head) : join(head, random.bytes(random.below(4)), tail);
  }
}

function replaceAt(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  change: (byte: number) => number,
): Uint8Array<ArrayBuffer> {
  const result = Uint8Array.from(bytes);
  const byte = result[at];
  if (byte !== undefined) result[at] = change(byte);
  return result;
}

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
