import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** A spool segment as the collector writes it: gzip members of length-delimited messages, some stored, some with FEXTRA. */
export type Segment = { readonly bytes: Buffer; readonly rows: number };

export const segmentSchema = `syntax = "proto3";
message Event { uint64 seq = 1; string name = 2; }
message Batch { string user = 1; repeated Event events = 2; uint64 received = 3; }`;

export function segment(options: { batches: number; eventsPerBatch: number; extra: boolean }): Segment {
  const extra = options.extra ? Buffer.from([0x54, 0x4c, 4, 0, 1, 2, 3, 4]) : undefined;
  const parts: Buffer[] = [];
  let rows = 0;
  for (let batch = 0; batch < options.batches; batch += 1) {
    const events: Buffer[] = [];
    for (let event = 0; event < options.eventsPerBatch; event += 1) {
      rows += 1;
      events.push(
        bytesField(2, Buffer.concat([numberField(1, rows), bytesField(2, Buffer.from(`name-${event % 7}`))])),
      );
    }
    const sealed = Buffer.concat([bytesField(1, Buffer.from(`user-${batch}`)), ...events]);
    const server = numberField(3, 1_700_000_000_000 + batch);
    parts.push(storedMember(Buffer.concat([varint(sealed.length + server.length), server]), extra));
    parts.push(
      extra !== undefined && batch % 2 === 1 ? member(sealed, deflateRawSync(sealed), extra) : gzipSync(sealed),
    );
  }
  return { bytes: Buffer.concat(parts), rows };
}

function storedMember(data: Buffer, extra: Buffer | undefined): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt16LE(data.length, 1);
  head.writeUInt16LE(~data.length & 0xffff, 3);
  return member(data, Buffer.concat([head, data]), extra);
}

function member(data: Buffer, deflated: Buffer, extra: Buffer | undefined): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, extra === undefined ? 0 : 4, 0, 0, 0, 0, 0, 255]);
  const size = Buffer.alloc(2);
  size.writeUInt16LE(extra?.length ?? 0);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data), 0);
  trailer.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, ...(extra === undefined ? [] : [size, extra]), deflated, trailer]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytesField(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}
