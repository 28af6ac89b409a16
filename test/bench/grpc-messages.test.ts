import { describe, expect, it } from 'vitest';
import { framedMessage, MessageReader } from './ingest/grpc-messages.ts';

describe('messages of a gRPC call', () => {
  const messages = [Buffer.alloc(0), Buffer.from([1]), Buffer.alloc(70_000, 7), Buffer.from('last')];
  const wire = Buffer.concat(messages.map(framedMessage));

  it.each([1, 4, 5, 6, 16_384, 100_000])('are found in pieces of %i bytes', (sizeBytes) => {
    const reader = new MessageReader();
    const found: Buffer[] = [];
    for (let start = 0; start < wire.length; start += sizeBytes)
      for (const message of reader.read(wire.subarray(start, start + sizeBytes))) found.push(Buffer.from(message));
    expect(found).toEqual(messages);
  });

  it('are not taken for what they are not when they are compressed', () => {
    expect(() => [...new MessageReader().read(Buffer.from([1, 0, 0, 0, 1, 0]))]).toThrow('compressed');
  });
});
