import { expect, it } from 'vitest';
import { frame, MessageReader } from './grpc-messages.ts';

const messages = [Buffer.alloc(0), Buffer.from([1]), Buffer.alloc(70_000, 7), Buffer.from('last')];
const wire = Buffer.concat(messages.map((message) => frame(message)));

it.each([1, 4, 5, 6, 16_384, 100_000])('messages of a gRPC call are found in pieces of %i bytes', (sizeBytes) => {
  const reader = new MessageReader();
  const found: Buffer[] = [];
  for (let start = 0; start < wire.length; start += sizeBytes)
    for (const message of reader.read(wire.subarray(start, start + sizeBytes))) found.push(Buffer.from(message));
  expect(found).toEqual(messages);
});
