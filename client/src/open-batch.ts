import type { BanList } from './ban-list.ts';
import { type CutBanned, cutBanned } from './blacklist/cut-banned.ts';
import type { TelemetryEvent } from './event.ts';
import { eventBytesMax } from './limits.ts';
import { ByteWriter } from './wire/byte-writer.ts';
import { writeBatchHead } from './wire/encode-batch.ts';
import { encodeEvent } from './wire/encode-event.ts';

/** Events that were encoded and wait for their batch to be sealed. */
export interface EncodedEvents {
  /** The encoded `Core` that all of them have in common. */
  readonly coreBytes: Uint8Array;
  /** Entries of `EventBatch.events`, side by side. */
  readonly bytes: Uint8Array;
  /** The `EventBatch` of them that declares nothing, of which `bytes` is the end. Not there where it would have to be put together. */
  readonly batchBytes?: Uint8Array | undefined;
  readonly count: number;
  /** Number of the first; 0 when there is none. */
  readonly firstSeq: number;
  /** Number of the last; 0 when there is none. */
  readonly lastSeq: number;
}

/**
 * The batch that events are logged into. An event is encoded the moment it is logged: what the application does to the object afterwards
 * changes nothing, the memory it takes is known to the byte, and sealing has little left to do.
 */
export class OpenBatch {
  /** The head of the batch, and behind it the events. */
  readonly #writer = new ByteWriter(4096);
  readonly #producerId: Uint8Array;
  #coreBytes: Uint8Array;
  #headBytes = 0;
  #count = 0;
  #firstSeq = 0;
  #lastSeq = 0;

  constructor(producerId: Uint8Array, coreBytes: Uint8Array) {
    this.#producerId = producerId;
    this.#coreBytes = coreBytes;
    this.setCore(coreBytes);
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the events. */
  get sizeBytes(): number {
    return this.#writer.length - this.#headBytes;
  }

  /** Gives the batch another core. Only while it is empty: a batch has one core. */
  setCore(coreBytes: Uint8Array): void {
    this.#coreBytes = coreBytes;
    this.#writer.truncate(0);
    writeBatchHead(this.#writer, this.#producerId, coreBytes);
    this.#headBytes = this.#writer.length;
  }

  /**
   * Encodes an event. False: it is larger than a batch of it alone may be, and nothing was added.
   *
   * @throws whatever a getter of the event throws; nothing was added then either.
   */
  add(seq: number, timeUnixUs: number, event: TelemetryEvent): boolean {
    const start = this.#writer.length;
    try {
      encodeEvent(this.#writer, seq, timeUnixUs, event);
    } catch (error) {
      this.#writer.truncate(start);
      throw error;
    }
    if (this.#writer.length - start > eventBytesMax) {
      this.#writer.truncate(start);
      return false;
    }
    this.#firstSeq = this.#count === 0 ? seq : this.#firstSeq;
    this.#lastSeq = seq;
    this.#count += 1;
    return true;
  }

  /** Takes out what a list bans; undefined when that is nothing. */
  cutBanned(list: BanList): CutBanned | undefined {
    const cut = this.#count === 0 ? undefined : cutBanned(list, this.#coreBytes, this.#writer.view(this.#headBytes));
    if (cut !== undefined) {
      this.#writer.truncate(this.#headBytes);
      this.#writer.raw(cut.bytes);
      this.#count = cut.count;
      this.#firstSeq = cut.firstSeq;
      this.#lastSeq = cut.lastSeq;
    }
    return cut;
  }

  /** Takes out all events. */
  take(): EncodedEvents {
    const batchBytes = this.#writer.copy();
    const events = {
      coreBytes: this.#coreBytes,
      bytes: batchBytes.subarray(this.#headBytes),
      batchBytes,
      count: this.#count,
      firstSeq: this.#firstSeq,
      lastSeq: this.#lastSeq,
    };
    this.#writer.truncate(this.#headBytes);
    this.#count = 0;
    this.#firstSeq = 0;
    this.#lastSeq = 0;
    return events;
  }
}
