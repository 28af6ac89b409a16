import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { PublishStreamRequestSchema, PublishStreamResponseSchema } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../client/src/wire/byte-writer.ts';
import { decodeAcks } from '../../client/src/wire/decode-acks.ts';
import { writeStreamRequest } from '../../client/src/wire/encode-publish-request.ts';
import { Random, seededRandom } from './support/random.ts';

test('decodes acknowledgements as protobuf-es wrote them', () => {
  const random = seededRandom();
  const { seed } = random;
  for (let round = 0; round < 300; round++) {
    const message = create(PublishStreamResponseSchema, {
      acks: Array.from({ length: random.int(0, 6) }, () => ({
        requestIndex: BigInt(random.count()),
        outcome: random.pick([0, 1, 2, 3, 4] as const),
        durability: random.pick([0, 1, 2] as const),
        acceptedEvents: random.count(0xffff_ffff),
        droppedEvents: Array.from({ length: random.int(0, 3) }, () => ({
          index: random.count(10_000),
          reason: random.pick([0, 1, 6, 7] as const),
          field: random.text(),
          message: random.text(),
        })),
        droppedEventCount: random.int(0, 10_000),
        ...(random.chance(0.5) && {
          rejection: { reason: random.pick([1, 3, 14] as const), message: random.text(), field: random.text() },
        }),
        ...(random.chance(0.5) && {
          retryDelay: { seconds: BigInt(random.int(0, 5_000)), nanos: random.int(0, 999_999_999) },
        }),
        blacklistVersion: BigInt(random.count()),
      })),
    });
    const bytes = toBinary(PublishStreamResponseSchema, message);
    const expected = fromBinary(PublishStreamResponseSchema, bytes).acks.map((ack) => ({
      requestIndex: Number(ack.requestIndex),
      outcome: ack.outcome,
      durability: ack.durability,
      acceptedEvents: ack.acceptedEvents,
      droppedEvents: ack.droppedEvents.map(({ index, reason, field, message }) => ({ index, reason, field, message })),
      droppedEventCount: ack.droppedEventCount,
      rejection: ack.rejection && {
        reason: ack.rejection.reason,
        message: ack.rejection.message,
        field: ack.rejection.field,
      },
      retryDelayMs: ack.retryDelay ? Number(ack.retryDelay.seconds) * 1000 + ack.retryDelay.nanos / 1e6 : 0,
      blacklistVersion: Number(ack.blacklistVersion),
    }));
    expect(decodeAcks(bytes), `seed ${seed}, round ${round}`).toStrictEqual(expected);
  }
});

test('a delay in the past is none, and fields that a later version adds are passed over', () => {
  const past = toBinary(
    PublishStreamResponseSchema,
    create(PublishStreamResponseSchema, { acks: [{ outcome: 4, retryDelay: { seconds: -5n, nanos: -1 } }] }),
  );
  expect(decodeAcks(past)[0]?.retryDelayMs).toBe(0);
  const writer = new ByteWriter();
  writer.raw(Uint8Array.of(0x0a, 17));
  // Request index 5, an unknown varint (30), an unknown text (31), an unknown double (32): tags of two bytes.
  writer.raw(Uint8Array.of(0x08, 5, 0xf0, 0x01, 7, 0xfa, 0x01, 1, 0x61, 0x81, 0x02, 0, 0, 0, 0, 0, 0));
  expect(() => decodeAcks(writer.copy())).toThrow('ends in the middle');
  writer.raw(Uint8Array.of(0, 0));
  const whole = writer.copy();
  whole[1] = 19;
  expect(decodeAcks(whole)).toMatchObject([{ requestIndex: 5, outcome: 0 }]);
});

test('bytes that are no acknowledgements are an error, and never a hang', () => {
  const random = new Random(1);
  let errors = 0;
  for (let round = 0; round < 2_000; round++) {
    try {
      decodeAcks(random.bytes(random.int(1, 60)));
    } catch (error) {
      expect((error as Error).name).toBe('WireError');
      errors += 1;
    }
  }
  expect(errors).toBeGreaterThan(1_000);
});

test('encodes requests as protobuf-es decodes them', () => {
  const random = new Random(2);
  const writer = new ByteWriter();
  const sizes = [0, 1, 100, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 300, 16_370, 16_380, 16_384, 70_000];
  const expected = sizes.map((sizeBytes, index) => {
    const sealed = random.bytes(sizeBytes);
    const encoding = index % 2 === 0 ? 1 : 2;
    const attempt = random.pick([1, 2, 127, 128, 100_000]);
    writeStreamRequest(writer, encoding, sealed, attempt);
    return { encoding, sealed: toHex(sealed), attempt };
  });
  const { requests } = fromBinary(PublishStreamRequestSchema, writer.copy());
  const actual = requests.map(({ content, attempt }) =>
    content.case === 'sealed'
      ? { encoding: content.value.encoding, sealed: toHex(content.value.bytes), attempt }
      : undefined,
  );
  expect(actual).toStrictEqual(expected);
});

/** As text, since comparing long arrays element by element takes seconds. */
function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
