import { constants, createGunzip, type Gunzip, gunzipSync } from 'node:zlib';

/** Why bytes are not taken as gzip. */
export type GunzipFault = { readonly kind: 'too large' } | { readonly kind: 'not gzip'; readonly detail: string };

/** What a gzip content holds, or why it is not taken. */
export type Gunzipped = Uint8Array | GunzipFault;

/** What `node:zlib` works with inside; places in the state that it leaves after a call. */
interface InflateHandle {
  writeSync(
    flush: number,
    from: Uint8Array,
    at: number,
    size: number,
    to: Uint8Array,
    at2: number,
    size2: number,
  ): void;
  reset(): void;
  onerror: (message: string) => void;
}
const STATE_OUTPUT_LEFT = 0;
const STATE_INPUT_LEFT = 1;

/** An inflater that is used again and again. */
interface Inflater {
  readonly stream: Gunzip;
  readonly handle: InflateHandle;
  readonly state: Uint32Array;
}

/**
 * Decompresses gzip contents one after the other into one buffer.
 *
 * `gunzipSync` makes a stream, an inflater with its window, and an output for each content, all of it memory outside the heap: at a thousand
 * contents a second the garbage collector then runs several times a second, for more time than the decompression itself takes. So what
 * `node:zlib` keeps inside is used here. A Node in which that looks otherwise gets `gunzipSync`.
 */
export class Gunzipper {
  readonly #sizeBytesMax: number;
  readonly #output: Uint8Array;
  readonly #make: () => Inflater | undefined;
  #inflater: Inflater | undefined;
  #fault: string | undefined;

  /**
   * @param output where to: one byte more than the most that a content may hold, by which one that is too large shows
   * @param make gives undefined where contents are to be decompressed by the public function
   */
  constructor(output: Uint8Array, make: () => Inflater | undefined = makeInflater) {
    this.#sizeBytesMax = output.length - 1;
    this.#output = output;
    this.#make = make;
    this.#inflater = this.#makeInflater();
  }

  /** What the gzip members hold together. A view that is valid until the next call. */
  gunzip(content: Uint8Array): Gunzipped {
    const inflater = this.#inflater;
    if (inflater === undefined) return gunzipOnce(content, this.#sizeBytesMax);
    const output = this.#output;
    this.#fault = undefined;
    inflater.handle.reset();
    inflater.handle.writeSync(constants.Z_FINISH, content, 0, content.length, output, 0, output.length);
    if (this.#fault !== undefined) {
      inflater.stream.close();
      this.#inflater = this.#makeInflater();
      return { kind: 'not gzip', detail: this.#fault };
    }
    const outputLeft = inflater.state[STATE_OUTPUT_LEFT] as number;
    const inputLeft = inflater.state[STATE_INPUT_LEFT] as number;
    if (outputLeft === 0) return { kind: 'too large' };
    return inputLeft === 0 ? output.subarray(0, output.length - outputLeft) : bytesFollow(inputLeft);
  }

  #makeInflater(): Inflater | undefined {
    const inflater = this.#make();
    if (inflater !== undefined) {
      inflater.handle.onerror = (message) => {
        this.#fault = message;
      };
    }
    return inflater;
  }
}

/** Undefined in a Node that has not what is needed. */
function makeInflater(): Inflater | undefined {
  const stream = createGunzip();
  const { _handle: handle, _writeState: state } = stream as unknown as {
    _handle?: Partial<InflateHandle>;
    _writeState?: unknown;
  };
  const isKnown =
    typeof handle?.writeSync === 'function' &&
    typeof handle.reset === 'function' &&
    state instanceof Uint32Array &&
    state.length >= 2;
  return isKnown ? { stream, handle: handle as InflateHandle, state } : undefined;
}

function gunzipOnce(content: Uint8Array, sizeBytesMax: number): Gunzipped {
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    result = gunzipSync(content, { maxOutputLength: sizeBytesMax, info: true }) as unknown as typeof result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too large' };
    return { kind: 'not gzip', detail: error instanceof Error ? error.message : String(error) };
  }
  const inputLeft = content.length - result.engine.bytesWritten;
  return inputLeft === 0 ? result.buffer : bytesFollow(inputLeft);
}

/** zlib ignores what follows the last member; the engine, which reads these bytes again, does not. */
function bytesFollow(sizeBytes: number): GunzipFault {
  return { kind: 'not gzip', detail: `${sizeBytes} bytes follow the last gzip member` };
}
