import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { CoreSchema, ErrorReason, EventSchema } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import {
  admit,
  batch,
  event,
  field,
  PRODUCER_ID,
  plainRequest,
  refusalOf,
  sealedRequest,
  serialize,
  varint,
  varintField,
} from '../support/batches.ts';

const valid = serialize(batch());
const bytesOf = (text: string) => new TextEncoder().encode(text);
const eventBytes = toBinary(EventSchema, create(EventSchema, event(1)));
const head = Buffer.concat([field(1, PRODUCER_ID), field(2, field(4, field(1, bytesOf('editor'))))]);
const withEvent = (...parts: Uint8Array[]) => Buffer.concat([head, field(3, Buffer.concat(parts))]);
const reject = (bytes: Uint8Array) => refusalOf(() => admit(plainRequest(bytes)));

describe('the identity of a batch', () => {
  it.each([0, 1, 15, 17, 200])('refuses a producer id of %i bytes', (size) => {
    const refusal = reject(serialize(batch({ producerId: new Uint8Array(size) })));
    expect(refusal).toMatchObject({ reason: ErrorReason.BAD_PRODUCER_ID, field: 'producer_id' });
    expect(refusal.message).toContain(`${size} bytes`);
  });

  it('refuses a batch without core, product or its name', () => {
    const [producer, events] = [field(1, PRODUCER_ID), field(3, eventBytes)];
    for (const core of [[], [field(2, new Uint8Array())], [field(2, field(4, new Uint8Array()))]]) {
      const refusal = reject(Buffer.concat([producer, ...core, events]));
      expect(refusal.reason).toBe(ErrorReason.MISSING_FIELD);
      expect(refusal.field).toMatch(/^core\.product/);
    }
  });

  it.each([100, 101, 102, 103, 5000, 2 ** 29 - 1])('refuses field %i, which is the collector’s', (number) => {
    for (const extra of [
      varintField(number, 1),
      field(number, bytesOf('x')),
      new BinaryWriter().tag(number, 1).fixed64(1).finish(),
    ]) {
      expect(reject(Buffer.concat([valid, extra])).reason).toBe(ErrorReason.RESERVED_FIELD);
      expect(reject(Buffer.concat([extra, valid])).reason).toBe(ErrorReason.RESERVED_FIELD);
    }
  });

  it('refuses numbers that repeat or go back', () => {
    for (const seqs of [
      [1, 1],
      [2, 1],
      [5, 6, 6],
    ]) {
      const refusal = reject(serialize(batch({ events: seqs.map((seq) => event(seq)) })));
      expect(refusal).toMatchObject({ reason: ErrorReason.BAD_SEQUENCE, field: `events[${seqs.length - 1}].seq` });
    }
  });

  it.each([
    ['twice declared', [3n, 5n], [5n, 6n]],
    ['declared and sent', [1n, 1n], [7n, 7n]],
    ['declared around what is sent', [1n, 9n], [20n, 20n]],
  ])('refuses a number that is %s', (_, ...ranges) => {
    const dropped = ranges.map(([firstSeq, lastSeq]) => ({ firstSeq: firstSeq as bigint, lastSeq: lastSeq as bigint }));
    expect(reject(serialize(batch({ dropped })))).toMatchObject({ reason: ErrorReason.BAD_SEQUENCE, field: 'dropped' });
  });

  it('refuses a batch with nothing in it', () => {
    expect(reject(serialize(batch({ events: [] }))).reason).toBe(ErrorReason.EMPTY);
    expect(reject(new Uint8Array()).reason).toBe(ErrorReason.BAD_PRODUCER_ID);
  });
});

describe('the wire format', () => {
  it('skips fields that it does not know, at every level', () => {
    const unknown = [
      varintField(30, 2n ** 64n - 1n),
      field(31, bytesOf('later')),
      new BinaryWriter().tag(29, 5).fixed32(9).finish(),
    ];
    const all = Buffer.concat(unknown);
    const core = Buffer.concat([toBinary(CoreSchema, create(CoreSchema, { product: { name: 'editor' } })), all]);
    const nested = field(11, Buffer.concat([field(1, bytesOf('TypeError')), all]));
    const bytes = Buffer.concat([
      all,
      field(1, PRODUCER_ID),
      field(2, core),
      field(3, Buffer.concat([eventBytes, nested, all])),
      all,
    ]);
    expect(admit(plainRequest(bytes))).toMatchObject({ eventCount: 1, sequence: [1, 1], droppedEvents: [] });
  });

  it('takes the fields in any order', () => {
    const bytes = Buffer.concat([field(3, eventBytes), field(4, varintField(1, 7)), head]);
    const refusal = reject(bytes);
    expect(refusal.reason).toBe(ErrorReason.BAD_SEQUENCE);
    const mended = Buffer.concat([
      field(3, eventBytes),
      field(4, Buffer.concat([varintField(2, 7), varintField(1, 7)])),
      head,
    ]);
    expect(admit(plainRequest(mended)).sequence).toEqual([1, 1, 7, 7]);
  });

  it.each([
    ['producer_id', Buffer.concat([valid, field(1, PRODUCER_ID)])],
    ['core', Buffer.concat([valid, field(2, new Uint8Array())])],
    ['events[0].seq', withEvent(eventBytes, varintField(1, 9))],
    ['events[0].seq', withEvent(varintField(1, 0), eventBytes)],
    ['events[0].name', withEvent(eventBytes, field(3, bytesOf('other')))],
    ['events[0].name', withEvent(field(3, bytesOf('')), eventBytes)],
    ['events[0].fault', withEvent(eventBytes, field(10, field(1, bytesOf('f'))), field(11, new Uint8Array()))],
    [
      'events[0].fault.type',
      withEvent(eventBytes, field(11, Buffer.concat([field(1, bytesOf('a')), field(1, bytesOf('b'))]))),
    ],
    [
      'events[0].properties.key',
      withEvent(eventBytes, field(20, Buffer.concat([field(1, bytesOf('a')), field(1, bytesOf('b'))]))),
    ],
  ])('refuses %s when it is there twice', (path, bytes) => {
    expect(reject(bytes)).toMatchObject({ reason: ErrorReason.MALFORMED, field: path });
  });

  it.each([
    ['', Buffer.concat([valid, varintField(3, 1)])],
    ['events[0].name', withEvent(eventBytes.subarray(0, 11), varintField(3, 1))],
    ['events[0].fault.severity', withEvent(eventBytes, field(11, field(5, bytesOf('bad'))))],
    [
      'events[0].measurements.value',
      withEvent(eventBytes, field(21, Buffer.concat([field(1, bytesOf('k')), varintField(2, 1)]))),
    ],
    ['dropped[0].first_seq', Buffer.concat([valid, field(4, field(1, bytesOf('x')))])],
    ['core.product.name', Buffer.concat([field(2, field(4, varintField(1, 5))), valid])],
  ])('refuses another wire type than the schema has, in “%s”', (path, bytes) => {
    expect(reject(bytes)).toMatchObject({ reason: ErrorReason.MALFORMED, field: path });
  });

  it('refuses groups, also nested ones, without a deep stack', () => {
    const group = new BinaryWriter().tag(30, WireType.StartGroup).tag(30, WireType.EndGroup).finish();
    expect(reject(Buffer.concat([valid, group])).reason).toBe(ErrorReason.MALFORMED);
    expect(reject(withEvent(eventBytes, group)).reason).toBe(ErrorReason.MALFORMED);
    const deep = Buffer.alloc(2_000_000, Buffer.from(varint(30 * 8 + 3)));
    expect(reject(Buffer.concat([valid, deep])).reason).toBe(ErrorReason.MALFORMED);
  });

  it('steps over what it does not know however deep it is nested', () => {
    let nested: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 2_000; depth++) nested = field(11, nested);
    expect(admit(plainRequest(Buffer.concat([valid, field(60, nested)]))).eventCount).toBe(1);
    expect(admit(plainRequest(withEvent(eventBytes, field(11, field(30, nested))))).eventCount).toBe(1);
  });

  it.each([
    ['field number 0', [0x00, 0x01]],
    ['field number 0 with a length', [0x02, 0x00]],
    ['a tag above 32 bits', [...varint(2n ** 35n + 80n), 0x00]],
    ['a tag in six bytes', [0xc0, 0x83, 0x80, 0x80, 0x80, 0x00, 0x00]],
    ['a number of eleven bytes', [0xf0, 0x03, ...Array(10).fill(0xff), 0x01]],
    ['a number above 64 bits', [0xf0, 0x03, ...Array(9).fill(0xff), 0x02]],
    ['a length of 2^64 - 1', [0xf2, 0x03, ...Array(9).fill(0xff), 0x01]],
    ['a length that wraps at 32 bits', [0xf2, 0x03, ...varint(2n ** 32n)]],
    ['wire type 6', [0xf6, 0x03]],
    ['wire type 7', [0xf7, 0x03]],
    ['an end inside a number', [0xf0, 0x03, 0x80]],
    ['an end inside a tag', [0xf0]],
  ])('refuses %s', (_, tail) => {
    expect(reject(Buffer.concat([valid, Uint8Array.from(tail)])).reason).toBe(ErrorReason.MALFORMED);
    expect(reject(withEvent(eventBytes, Uint8Array.from(tail))).field).toBe('events[0]');
  });

  it('refuses text that is not UTF-8, short and long', () => {
    const bad = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc0, 0x80]];
    for (const bytes of bad) {
      for (const text of [Uint8Array.from(bytes), Buffer.concat([Buffer.alloc(400, 'x'), Uint8Array.from(bytes)])]) {
        const entry = field(20, Buffer.concat([field(1, bytesOf('key')), field(2, text)]));
        expect(reject(withEvent(eventBytes, entry))).toMatchObject({
          reason: ErrorReason.MALFORMED,
          field: 'events[0].properties.value',
        });
      }
    }
  });

  it('refuses values that their types do not hold', () => {
    const tooLarge = withEvent(
      eventBytes,
      field(10, Buffer.concat([field(1, bytesOf('f')), varintField(4, 2n ** 32n)])),
    );
    expect(reject(tooLarge)).toMatchObject({ reason: ErrorReason.MALFORMED, field: 'events[0].feature_use.count' });
  });
});

describe('the request around a batch', () => {
  it('refuses no content, two contents and an empty request', () => {
    expect(refusalOf(() => admit(new Uint8Array())).reason).toBe(ErrorReason.EMPTY);
    expect(refusalOf(() => admit(varintField(3, 2))).reason).toBe(ErrorReason.EMPTY);
    const twice = Buffer.concat([plainRequest(valid), sealedRequest(valid)]);
    expect(refusalOf(() => admit(twice)).reason).toBe(ErrorReason.MALFORMED);
    expect(refusalOf(() => admit(Buffer.concat([field(1, valid), field(1, valid)]))).reason).toBe(
      ErrorReason.MALFORMED,
    );
  });

  it('skips unknown fields and reads the attempt wherever it stands', () => {
    const request = Buffer.concat([varintField(3, 4), field(9, bytesOf('later')), field(1, valid), varintField(8, 1)]);
    expect(admit(request).attempt).toBe(4);
    expect(admit(field(1, valid)).attempt).toBe(1);
  });

  it.each([[[0x00]], [[0x0a, 0x05, 0x00]], [[0x12, 0x7f]], [[0x0b]], [[0x0e]]])('refuses %j', (bytes) => {
    expect(refusalOf(() => admit(Uint8Array.from(bytes))).reason).toBe(ErrorReason.MALFORMED);
  });
});
