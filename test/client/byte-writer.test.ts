import { expect, test } from 'vitest';
import { ByteWriter } from '../../client/src/wire/byte-writer.ts';
import { seededRandom } from './support/random.ts';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  // No room at first, so that each way of writing has to make its own.
  const writer = new ByteWriter(0);
  write(writer);
  return writer.copy();
}

/** A varint as the specification of protobuf has it, in whole numbers of any size. */
function varintOf(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
  return [...bytes, Number(rest)];
}

test('writes each whole number as protobuf has it', () => {
  const random = seededRandom();
  const edges = Array.from({ length: 54 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]).flat();
  const any = Array.from({ length: 20_000 }, () => Math.floor(random.next() * 2 ** random.int(1, 53)));
  for (const value of [...edges, ...any].filter(Number.isSafeInteger)) {
    expect([...written((writer) => writer.varint(value))], String(value)).toStrictEqual(varintOf(BigInt(value)));
    expect([...written((writer) => writer.signedVarint(-value))], `-${value}`).toStrictEqual(varintOf(-BigInt(value)));
  }
});

test('writes each text as UTF-8 with tag and length, short or long, in ASCII or not', () => {
  const random = seededRandom();
  const encoder = new TextEncoder();
  const ascii = Array.from({ length: 300 }, (_, units) => 'telemetry '.repeat(30).slice(0, units));
  const lastIsNone = ascii.map((text) => `${text}é`);
  const any = Array.from({ length: 2_000 }, () => random.text());
  for (const text of [...ascii, ...lastIsNone, ...any]) {
    const bytes = encoder.encode(text);
    const expected = [0x12, ...varintOf(BigInt(bytes.length)), ...bytes];
    expect([...written((writer) => writer.text(0x12, text))], JSON.stringify(text)).toStrictEqual(expected);
  }
});

test('writes messages in messages of any length', () => {
  const random = seededRandom();
  for (let round = 0; round < 300; round++) {
    const content = random.bytes(random.pick([0, 1, 123, 124, 127, 128, 16_383, 16_384, 20_000]));
    const actual = written((writer) => {
      const outer = writer.beginMessage(0x0a);
      const inner = writer.beginMessage(0x1a);
      writer.raw(content);
      writer.endMessage(inner);
      writer.endMessage(outer);
    });
    const inner = [0x1a, ...varintOf(BigInt(content.length)), ...content];
    expect([...actual], `round ${round}`).toStrictEqual([0x0a, ...varintOf(BigInt(inner.length)), ...inner]);
  }
});
