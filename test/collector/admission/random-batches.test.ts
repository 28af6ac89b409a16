import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { Encoding, EventBatchSchema, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { Admission, type AdmittedBatch } from '../../../collector/src/admission/admit-batch.ts';
import { Refusal } from '../../../collector/src/admission/refusal.ts';
import { BatchWalk } from '../../../collector/src/admission/walk-batch.ts';
import { admit, gzipRequest, NOW_US, plainRequest, sealedRequest, serialize } from '../support/batches.ts';
import { mutate } from '../support/mutate.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { randomBatch } from '../support/random-batch.ts';
import { numbersOf, rangesOf } from '../support/ranges.ts';

/** The batch that an admitted one leaves in the spool, read by the reference decoder. */
function decode(admitted: AdmittedBatch) {
  const plain = admitted.encoding === Encoding.GZIP ? gunzipSync(admitted.bytes) : admitted.bytes;
  expect(plain.length).toBe(admitted.plainSizeBytes);
  return fromBinary(EventBatchSchema, Uint8Array.from(plain));
}

/** Admits; undefined when it is refused. Anything but a refusal is a fault. */
function tryAdmit(admission: Admission, request: Uint8Array): AdmittedBatch | undefined {
  try {
    return admission.admit(request, NOW_US);
  } catch (error) {
    if (error instanceof Refusal) {
      expect(error.permanence.kind).toBe('permanent');
      expect(error.message).not.toBe('');
      return undefined;
    }
    throw error;
  }
}

/** What an admitted batch says of itself must be what the reference decoder reads from its bytes. */
function expectSameContent(admitted: AdmittedBatch): void {
  const batch = decode(admitted);
  expect(Buffer.from(admitted.producerId)).toEqual(Buffer.from(batch.producerId));
  expect(batch.events.length).toBe(admitted.eventCount - admitted.droppedEvents.length);
  expect(batch.receivedTimeUnixUs).toBe(0n);
  expect(batch.collectorId).toBe('');
  const events = batch.events.map((event) => [event.seq, event.seq]);
  const ranges = batch.dropped.map((range) => [range.firstSeq, range.lastSeq]);
  const sorted = [...events, ...ranges].sort((a, b) => Number((a[0] as bigint) - (b[0] as bigint)));
  const joined: bigint[] = [];
  for (const [first, last] of sorted as [bigint, bigint][]) {
    if (joined.at(-1) === first - 1n) joined[joined.length - 1] = last;
    else joined.push(first, last);
  }
  expect(joined).toEqual(admitted.sequence.map(BigInt));
}

describe.each(seeds())('with seed %i', (seed) => {
  it('admits valid batches with the right facts, in every form', async () => {
    await withSeed(seed, (random) => {
      for (let round = 0; round < 100; round++) {
        const { batch, numbers } = randomBatch(random);
        const bytes = serialize(batch);
        const attempt = random.below(5);
        for (const request of [
          plainRequest(bytes, attempt),
          sealedRequest(bytes, 1, attempt),
          gzipRequest(bytes, attempt),
        ]) {
          if (bytes.length > protocolLimits.sealedBytesMax) continue;
          const admitted = admit(request);
          expect(admitted.eventCount).toBe(batch.events.length);
          expect(admitted.droppedEvents).toEqual([]);
          expect(numbersOf(admitted.sequence)).toEqual(new Set([...numbers].sort((a, b) => a - b)));
          expect(admitted.sequence).toEqual(rangesOf(numbers));
          expect(admitted.attempt).toBe(Math.max(1, attempt));
          expect(decode(admitted)).toEqual(batch);
        }
      }
    });
  });

  it('admits no damaged batch that the reference decoder reads differently, and throws refusals only', async () => {
    await withSeed(seed, (random) => {
      const admission = new Admission(protocolLimits);
      const outcomes = { admitted: 0, refused: 0 };
      for (let round = 0; round < 100; round++) {
        const bytes = serialize(randomBatch(random, 4).batch);
        for (let attempt = 0; attempt < 40; attempt++) {
          const damaged = mutate(random, bytes);
          const admitted = tryAdmit(admission, plainRequest(damaged));
          if (admitted === undefined) outcomes.refused++;
          else {
            outcomes.admitted++;
            try {
              expectSameContent(admitted);
            } catch (error) {
              const text = `admitted ${Buffer.from(damaged).toString('hex')}: ${(error as Error).message}`;
              throw new Error(text, { cause: error });
            }
          }
        }
      }
      // Both must happen, or the test would say nothing.
      expect(outcomes.admitted).toBeGreaterThan(100);
      expect(outcomes.refused).toBeGreaterThan(100);
    });
  });

  it('admits no truncation of a batch that the reference decoder cannot read', async () => {
    await withSeed(seed, (random) => {
      const walk = new BatchWalk(protocolLimits);
      const bytes = serialize(randomBatch(random, 3).batch);
      for (let size = 0; size < bytes.length; size++) {
        const cut = bytes.subarray(0, size);
        const isAdmitted = tryWalk(walk, cut);
        if (isAdmitted) expect(() => fromBinary(EventBatchSchema, cut)).not.toThrow();
      }
    });
  });

  it('answers random bytes with refusals', async () => {
    await withSeed(seed, (random) => {
      const admission = new Admission(protocolLimits);
      for (let round = 0; round < 5_000; round++) {
        const request = garbage(random);
        const admitted = tryAdmit(admission, request);
        if (admitted !== undefined) expectSameContent(admitted);
        try {
          for (const one of admission.requestsOf(request)) tryAdmit(admission, one);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }
    });
  });
});

function tryWalk(walk: BatchWalk, bytes: Uint8Array): boolean {
  try {
    walk.walk(bytes, NOW_US);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return false;
  }
}

/** Random bytes, some behind a beginning that leads deeper into the parser. */
function garbage(random: Random): Uint8Array {
  const body = random.bytes(random.below(60));
  const heads = [[], [0x0a, body.length], [0x12, body.length], [0x12, body.length + 4, 8, 1, 0x12, body.length]];
  return Buffer.concat([Uint8Array.from(random.pick(heads)), body]);
}
