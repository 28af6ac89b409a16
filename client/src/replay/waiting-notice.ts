import type { ChannelError } from '../relay.ts';
import { waitingNoticeMs } from './limits.ts';

/** What the notice asks and tells. */
export interface WaitingNoticeParts {
  readonly address: string;
  readonly monotonicMs: () => number;
  readonly probe: (address: string) => Promise<string>;
  readonly message: (text: string) => void;
  /** Streams that are open now. */
  readonly openStreams: () => number;
}

/** Says that the collector is not there, and why; once in a while, for each stream keeps trying on its own. */
export class WaitingNotice {
  readonly #parts: WaitingNoticeParts;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(parts: WaitingNoticeParts) {
    this.#parts = parts;
  }

  /** A connection could not be made, or broke. */
  onError(error: ChannelError): void {
    const nowMs = this.#parts.monotonicMs();
    if (nowMs >= this.#nextMs) {
      this.#nextMs = nowMs + waitingNoticeMs;
      void this.#tell(error);
    }
  }

  async #tell(error: ChannelError): Promise<void> {
    const { address, probe, message, openStreams } = this.#parts;
    if (error.kind === 'permanent') {
      message(`waiting for the collector at ${address}: ${error.message}`);
      return;
    }
    const reason = await probe(address);
    if (openStreams() === 0) {
      message(`waiting for the collector at ${address}: ${reason}`);
    }
  }
}
