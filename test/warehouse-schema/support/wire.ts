import { varint } from './segment.ts';

// Protobuf by hand, for bytes that no encoder writes.

export function number(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field) * 8n), varint(value)]);
}

export function bytes(field: number, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(BigInt(field) * 8n + 2n), varint(BigInt(body.length)), body]);
}

export function fixed64(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(field) * 8n + 1n), value]);
}

export function double(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleLE(value);
  return buffer;
}
