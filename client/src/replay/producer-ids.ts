import { hash, randomFillSync } from 'node:crypto';

/** Gives each user of a file a producer id of 16 bytes, valid until the next one is made. */
export type ProducerIds = (userNumber: number) => Uint8Array;

const producerIdBytes = 16;
/** Ids made at a time: chance is cheaper by the kilobyte. */
const randomIds = 256;

/** Ids as the protocol wants them: random. Each replay is then new events. */
export function randomProducerIds(): ProducerIds {
  const pool = new Uint8Array(randomIds * producerIdBytes);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    next += producerIdBytes;
    return pool.subarray(next - producerIdBytes, next);
  };
}

/** Ids that follow from a seed: a second replay with the same seed is the same batches again, which are counted once. */
export function seededProducerIds(seed: string): ProducerIds {
  return (userNumber) => hash('sha256', `${seed}\n${userNumber}`, 'buffer').subarray(0, producerIdBytes);
}
