import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { encodeBatch } from '@telemetry/client/relay';
import { EventBatchSchema } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { readBatchParts } from '../../client/src/wire/split-batch.ts';
import { seededRandom } from './support/random.ts';
import { randomBatch } from './support/random-batch.ts';
import { toMessage } from './support/to-message.ts';

test('encodes what protobuf-es decodes to the same message, whatever the batch', () => {
  const random = seededRandom();
  const { seed } = random;
  for (let round = 0; round < 500; round++) {
    const content = randomBatch(random);
    // Through bytes and back, since half characters become the replacement character on the way.
    const expected = fromBinary(EventBatchSchema, toBinary(EventBatchSchema, toMessage(content)));
    const actual = fromBinary(EventBatchSchema, encodeBatch(content));
    expect(actual, `seed ${seed}, round ${round}`).toStrictEqual(expected);
  }
});

test('writes the same bytes as protobuf-es for a usual batch', () => {
  const content = {
    producerId: new Uint8Array(16).fill(7),
    core: { product: { name: 'editor', version: '4.12.0' }, user: { id: 'u' }, audience: 'external' as const },
    events: Array.from({ length: 3 }, (_, index) => ({
      seq: index + 1,
      timeUnixUs: 938_476_800_000_000 + index,
      name: 'page.viewed',
      data: { kind: 'featureUse' as const, feature: 'frontpage', durationMs: 1.5 },
    })),
    dropped: [{ firstSeq: 4, lastSeq: 9, reason: 6 as const }],
  };
  expect(encodeBatch(content)).toStrictEqual(toBinary(EventBatchSchema, toMessage(content)));
});

test('takes a batch apart into what it was made of', () => {
  const random = seededRandom();
  const { seed } = random;
  for (let round = 0; round < 200; round++) {
    const content = randomBatch(random);
    const parts = readBatchParts(encodeBatch(content));
    expect(parts.producerId, `seed ${seed}, round ${round}`).toStrictEqual(content.producerId);
    expect(parts.events.map(({ seq }) => seq)).toStrictEqual(content.events.map(({ seq }) => seq));
    expect(parts.dropped.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toStrictEqual(
      (content.dropped ?? []).map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq]),
    );
  }
});
