import { EventBatchSchema } from '@telemetry/gen';
import { loadColumns } from '@telemetry/warehouse';
import { Gunzipper } from '../admission/gunzip.ts';
import { COLUMN_BLOCK_PLAIN_SIZE_BYTES, COLUMN_MEMORY_SIZE_BYTES_MAX } from '../limits.ts';
import { ColumnMemory } from './column-memory.ts';
import { ColumnPlan } from './column-plan.ts';
import { nativeBlock } from './native-block.ts';

const PAGE_SIZE_BYTES = 65_536;

/** The bytes are no batches. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}

/** Makes columns of batches, as `intake_columns` has them. What comes of some batches depends on nothing but them and those before them in the block. */
export class ColumnEncoder {
  readonly #plan = new ColumnPlan(EventBatchSchema, loadColumns);
  readonly #memory: ColumnMemory;
  #buffer: ArrayBuffer;
  #gunzipper: Gunzipper;
  #plainSizeBytes = 0;

  /** @param messageSizeBytesMax of a record's content, decompressed */
  constructor(messageSizeBytesMax: number, memorySizeBytesMax = COLUMN_MEMORY_SIZE_BYTES_MAX) {
    this.#memory = new ColumnMemory(this.#plan, messageSizeBytesMax + 1, memorySizeBytesMax / PAGE_SIZE_BYTES);
    this.#buffer = this.#memory.wasm.buffer;
    this.#gunzipper = new Gunzipper(this.#memory.room());
  }

  /** Bytes of memory that it holds. */
  get sizeBytes(): number {
    return this.#memory.sizeBytes;
  }

  /** Whether the block is to be taken before more is added. */
  get isFull(): boolean {
    return this.#plainSizeBytes >= COLUMN_BLOCK_PLAIN_SIZE_BYTES;
  }

  get isEmpty(): boolean {
    return this.#plainSizeBytes === 0;
  }

  /**
   * Adds gzip members that hold length-delimited messages of type `EventBatch`.
   *
   * @throws ColumnError when they do not; then only `clear` may follow
   */
  add(gzip: Uint8Array): void {
    if (this.#buffer !== this.#memory.wasm.buffer) {
      this.#buffer = this.#memory.wasm.buffer;
      this.#gunzipper = new Gunzipper(this.#memory.room());
    }
    const plain = this.#gunzipper.gunzip(gzip);
    if (!(plain instanceof Uint8Array)) {
      throw new ColumnError(plain.kind === 'too large' ? 'A batch is too large.' : `Not gzip: ${plain.detail}`);
    }
    // Now: a view of a memory that has grown has no length any more.
    const sizeBytes = plain.length;
    const { roomAt, functions } = this.#memory;
    if (withinMemory(() => functions.add(roomAt, roomAt + sizeBytes)) === 0)
      throw new ColumnError('The bytes are no message of type EventBatch.');
    this.#plainSizeBytes += sizeBytes;
  }

  /**
   * Completes the block and gives its bytes, in pieces that are valid until `clear`, which alone may follow.
   *
   * @throws ColumnError when there is no memory to complete it
   */
  block(): readonly Uint8Array[] {
    return withinMemory(() => nativeBlock(this.#plan, this.#memory));
  }

  /** Takes all batches out, and begins a new block. */
  clear(): void {
    this.#memory.functions.clear();
    this.#plainSizeBytes = 0;
  }
}

/** WebAssembly stops with an error of its own where there is no more memory. */
function withinMemory<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new ColumnError('A batch has more rows than there is memory for.', { cause });
  }
}
