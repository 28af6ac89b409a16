import { encodeBatch, type SequencedEvent } from '@telemetry/client/relay';
import { Encoding } from '@telemetry/gen';
import { gzipBytesMin } from '../../../client/src/limits.ts';
import { seededRandom } from '../../support/random.ts';
import { coreOf, eventsOf } from './event-mix.ts';
import { GzipJoin } from './gzip-join.ts';

const PRODUCER_ID_SIZE_BYTES = 16;
/** Tag and length of `EventBatch.producer_id` stand before it. */
const PRODUCER_ID_OFFSET = 2;
const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');
/** Ids of fixed size, which each batch overwrites with its own. */
const PLACEHOLDERS = { user: 'u-000000000000', machine: 'm-000000000000', session: 's-000000000000' };
/** Templates hold so many events together, so that pools for small and large batches take the same time to make. */
const TEMPLATE_EVENTS = 64_000;
const TEMPLATES_MIN = 16;
const TEMPLATES_MAX = 2_048;

/** What a fleet of clients is. */
export interface FleetOptions {
  readonly eventsPerBatch: number;
  /** Different users; batches are spread over them. */
  readonly users: number;
  /** The same seed makes the same batches, given the same clock. */
  readonly seed: number;
  /** Microseconds since 1970, from which the times of events are reckoned. */
  readonly nowUs: number;
}

/** A batch that is sealed. */
export interface GeneratedBatch {
  readonly encoding: typeof Encoding.GZIP | typeof Encoding.IDENTITY;
  readonly bytes: Uint8Array;
  readonly plainSizeBytes: number;
}

interface Template {
  /** Producer and core. */
  readonly head: Buffer;
  readonly idOffsets: readonly number[];
  /** Events. */
  readonly tail: Buffer;
  readonly gzip: GzipJoin | undefined;
  /** Events that are feature uses, by feature: the events themselves would keep the garbage collector busy. */
  readonly featureUses: ReadonlyMap<string, number>;
}

/**
 * Makes sealed batches by their number, each of a producer, session and user of its own, and nearly for free: the events come from a
 * pool of templates that were serialized and compressed beforehand. A batch can be made again from its number.
 */
export class BatchFactory {
  readonly #options: FleetOptions;
  readonly #templates: readonly Template[];

  constructor(options: FleetOptions) {
    this.#options = options;
    const random = seededRandom(options.seed);
    const wanted = Math.round(TEMPLATE_EVENTS / options.eventsPerBatch);
    const count = Math.min(TEMPLATES_MAX, Math.max(TEMPLATES_MIN, wanted));
    this.#templates = Array.from({ length: count }, () => makeTemplate(options, random));
  }

  get templateCount(): number {
    return this.#templates.length;
  }

  /** Which template batch `number` is made of. */
  templateOf(number: number): number {
    return number % this.#templates.length;
  }

  /** The events that a batch of this template holds, by feature: those that are feature uses. */
  featureUses(template: number): ReadonlyMap<string, number> {
    return this.#templateAt(template).featureUses;
  }

  /** Batch `number`, below 2^32. */
  make(number: number): GeneratedBatch {
    const { head, tail, gzip, idOffsets } = this.#templateAt(this.templateOf(number));
    const { seed, users } = this.#options;
    for (let at = 0; at < PRODUCER_ID_SIZE_BYTES; at += 4)
      head.writeUInt32LE(mix(number, seed + at), PRODUCER_ID_OFFSET + at);
    const user = mix(number, seed + 101) % users;
    const [userOffset = 0, machineOffset = 0, sessionOffset = 0] = idOffsets;
    writeHex(head, userOffset, user);
    writeHex(head, machineOffset, mix(user, seed + 103));
    writeHex(head, sessionOffset, mix(number, seed + 107));
    const plainSizeBytes = head.length + tail.length;
    if (gzip !== undefined) return { encoding: Encoding.GZIP, bytes: gzip.join(head), plainSizeBytes };
    return { encoding: Encoding.IDENTITY, bytes: Buffer.concat([head, tail]), plainSizeBytes };
  }

  /** The producer of batch `number`. */
  producerIdOf(number: number): Uint8Array {
    const id = Buffer.alloc(PRODUCER_ID_SIZE_BYTES);
    for (let at = 0; at < PRODUCER_ID_SIZE_BYTES; at += 4) id.writeUInt32LE(mix(number, this.#options.seed + at), at);
    return id;
  }

  #templateAt(index: number): Template {
    return this.#templates[index] as Template;
  }
}

function makeTemplate({ eventsPerBatch, nowUs }: FleetOptions, random: () => number): Template {
  const core = coreOf(PLACEHOLDERS, nowUs, random);
  const producerId = new Uint8Array(PRODUCER_ID_SIZE_BYTES);
  const events = eventsOf(eventsPerBatch, nowUs, random);
  const head = Buffer.from(encodeBatch({ producerId, core, events: [] }));
  const tail = Buffer.from(encodeBatch({ producerId, core, events })).subarray(head.length);
  const idOffsets = [PLACEHOLDERS.user, PLACEHOLDERS.machine, PLACEHOLDERS.session].map((id) => head.indexOf(id) + 2);
  // As the client does: what is small goes as it is.
  const gzip = head.length + tail.length < gzipBytesMin ? undefined : new GzipJoin(tail);
  return { head, tail, idOffsets, gzip, featureUses: countFeatureUses(events) };
}

function countFeatureUses(events: readonly SequencedEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { data } of events) {
    if (data?.kind === 'featureUse') counts.set(data.feature, (counts.get(data.feature) ?? 0) + 1);
  }
  return counts;
}

/** A 32-bit number from another, one to one for each salt (the finalizer of MurmurHash3, public domain). */
function mix(value: number, salt: number): number {
  let mixed = value ^ Math.imul(salt, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Eight digits. */
function writeHex(target: Buffer, offset: number, value: number): void {
  for (let digit = 0; digit < 8; digit++)
    target[offset + digit] = HEX_DIGITS[(value >>> (28 - 4 * digit)) & 15] as number;
}
