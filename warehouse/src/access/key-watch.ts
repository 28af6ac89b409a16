import { statSync } from 'node:fs';
import { ACCESS_POLL_MS } from '../limits.ts';
import { AccessError } from './access-error.ts';
import type { AccessKey } from './access-key.ts';
import { type AccessKeys, KeyRing } from './access-keys.ts';
import { readKeyFile } from './key-file.ts';

/** How keys are watched. */
export interface KeyWatchOptions {
  readonly path: string;
  /** The key of the run, which is in no file. */
  readonly serviceKey?: AccessKey | undefined;
  /** Whether callers must show a key even if there is none yet. Default false. */
  readonly isRequired?: boolean;
  /** Told once of each fault of the file. The keys known before stay in force. */
  readonly onFault: (error: Error) => void;
  readonly pollMs?: number;
}

/**
 * The keys of a file that may change at any time. A file that cannot be read, or has gone, changes nothing: whoever can break it must not
 * open what it closes.
 */
export class KeyWatch implements AccessKeys {
  readonly #options: KeyWatchOptions;
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #ring: KeyRing;
  #fingerprint: string;
  #fault: string | undefined;
  /** Faults since the start, each counted once. */
  faults = 0;

  /** @throws AccessError when the file is broken from the beginning. */
  constructor(options: KeyWatchOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.path);
    this.#ring = this.#read();
    this.#timer = setInterval(() => this.look(), options.pollMs ?? ACCESS_POLL_MS).unref();
  }

  get isOn(): boolean {
    return this.#ring.isOn;
  }

  get ingestKeys(): number {
    return this.#ring.ingestKeys;
  }

  find(text: string): AccessKey | undefined {
    return this.#ring.find(text);
  }

  isInForce(key: AccessKey): boolean {
    return this.#ring.isInForce(key);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks whether the file has changed. */
  look(): void {
    const fingerprint = fingerprintOf(this.#options.path);
    if (fingerprint === this.#fingerprint && this.#fault === undefined) return;
    try {
      if (fingerprint === GONE && this.#ring.isOn) {
        throw new AccessError(`The file of keys ${this.#options.path} has gone. The keys that it had stay in force.`);
      }
      this.#ring = this.#read();
      this.#fault = undefined;
      this.#fingerprint = fingerprint;
      for (const listener of [...this.#listeners]) listener();
    } catch (error) {
      const { message } = error as Error;
      if (message === this.#fault) return;
      this.#fault = message;
      this.faults++;
      this.#options.onFault(error as Error);
    }
  }

  #read(): KeyRing {
    const { path, serviceKey, isRequired = false } = this.#options;
    return new KeyRing(readKeyFile(path), serviceKey, isRequired);
  }
}

const GONE = 'gone';

/** Changes with the file: it is replaced as a whole, so its number in the file system is another one then. */
function fingerprintOf(path: string): string {
  try {
    const { ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true });
    return `${ino} ${mtimeNs} ${ctimeNs} ${size}`;
  } catch {
    return GONE;
  }
}
