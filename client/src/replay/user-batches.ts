import type { Core, Gzip, SealedBatch, SequencedEvent } from '../relay.ts';
import { sealBatch } from '../relay.ts';
import { batchEventsMax } from './limits.ts';
import type { ProducerIds } from './producer-ids.ts';
import type { SequenceUser } from './sequence-parser.ts';
import { viewTimes } from './view-times.ts';

/** A batch of the views of one user. */
export interface UserBatch extends SealedBatch {
  /** Whether it is the last of its user. */
  readonly lastOfUser: boolean;
}

/** What all users of a file have in common. */
export interface UserBatchesOptions {
  /** Name of the product whose pages these are. */
  readonly product: string;
  /** Names of the categories, of which the first is number 1. */
  readonly categories: readonly string[];
  readonly producerIds: ProducerIds;
  readonly gzip: Gzip;
}

/** Makes the batches of a user: one after the other, so that a user of very many views needs no more memory than another. */
export type UserBatches = (user: SequenceUser) => Generator<UserBatch, void, void>;

/**
 * Makes users of a sequence file what they are in telemetry: a user with a core part of their own, one session, a feature use a view.
 *
 * Neither the system nor the machine are in the file: the one is said to be unknown, the other is a number like the user's.
 */
export function userBatches(options: UserBatchesOptions): UserBatches {
  const { producerIds, gzip } = options;
  const toCore = coreOf(options.product);
  const uses = ['', ...options.categories].map((feature) => ({ kind: 'featureUse', feature }) as const);
  return function* ({ number, views }) {
    const { startUnixUs, spacingUs } = viewTimes(number, views.length);
    const producerId = producerIds(number);
    const core = toCore(number, startUnixUs);
    for (let first = 0; first < views.length; first += batchEventsMax) {
      const end = Math.min(first + batchEventsMax, views.length);
      const events: SequencedEvent[] = [];
      for (let index = first; index < end; index++) {
        events.push({
          seq: index + 1,
          timeUnixUs: startUnixUs + index * spacingUs,
          name: 'page.viewed',
          data: uses[views[index] ?? 0],
        });
      }
      const { encoding, bytes, unsealedSizeBytes, eventCount } = sealBatch({ producerId, core, events }, gzip);
      yield { encoding, bytes, unsealedSizeBytes, eventCount, lastOfUser: end === views.length };
    }
  };
}

/**
 * The core part of a user. They are external, and their id is the number of their line, which stands for nobody: the place of the key
 * of a hashed id says that.
 */
function coreOf(productName: string): (userNumber: number, startUnixUs: number) => Core {
  const prefix = productName.split('.')[0] || productName;
  const product = { name: productName };
  const operatingSystem = { name: 'unknown' };
  return (userNumber, startUnixUs) => {
    const id = `${prefix}-${userNumber}`;
    return {
      user: { id, hashKeyId: 'anonymous' },
      machine: { id: `${id}-machine` },
      operatingSystem,
      product,
      session: { id: `${id}-session`, startTimeUnixUs: startUnixUs },
      audience: 'external',
    };
  };
}
