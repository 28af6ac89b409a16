import { ACCESS_POLL_MS } from '../limits.ts';
import { isSameMaterial, readTlsMaterial, type TlsFiles, type TlsMaterial } from './tls-material.ts';

/** How certificates are watched. */
export interface TlsWatchOptions {
  readonly files: TlsFiles;
  /** Told once of each fault. The certificate known before goes on. */
  readonly onFault: (error: Error) => void;
  readonly pollMs?: number;
}

/** A server's certificate, read anew when its files change: for new connections; those that are open keep what they have. */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  readonly #listeners = new Set<(material: TlsMaterial) => void>();
  readonly #timer: NodeJS.Timeout;
  #material: TlsMaterial;
  #doubt: string | undefined;
  #fault: string | undefined;
  /** Faults since the start, each counted once. */
  faults = 0;

  /** @throws AccessError when the files cannot be used from the beginning. */
  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#material = readTlsMaterial(options.files);
    this.#timer = setInterval(() => this.look(), options.pollMs ?? ACCESS_POLL_MS).unref();
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** Calls back with each new certificate. Returns how to stop listening. */
  onChange(listener: (material: TlsMaterial) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks whether the files have changed. */
  look(): void {
    try {
      const material = readTlsMaterial(this.#options.files);
      this.#doubt = undefined;
      this.#fault = undefined;
      if (isSameMaterial(material, this.#material)) return;
      this.#material = material;
      for (const listener of [...this.#listeners]) listener(material);
    } catch (error) {
      this.#heed(error as Error);
    }
  }

  /** Certificate and key are replaced one after the other, so what does not fit now may fit at the next look: only then is it told. */
  #heed(error: Error): void {
    const isFirst = this.#doubt !== error.message;
    this.#doubt = error.message;
    if (isFirst || this.#fault === error.message) return;
    this.#fault = error.message;
    this.faults++;
    this.#options.onFault(error);
  }
}
