import type { Consent, ConsentResult } from './api.ts';
import type { Delivery } from './delivery.ts';

/** What stops and begins with the consent, besides the delivery. */
export interface ConsentParts {
  /** Gives up what is not with the delivery yet, and lets nothing more happen. At once. Returns how many events that were. */
  stop(): number;
  /** Everything may go on. */
  goOn(): void;
}

/** The consent of a client: closed at once when it is withdrawn, open again only when the delivery is ready. One change after the other. */
export class ClientConsent {
  readonly #delivery: Pick<Delivery, 'wipe' | 'resume'>;
  readonly #parts: ConsentParts;
  #consent: Consent;
  /** What was asked for last. */
  #wanted: Consent;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(initial: Consent, delivery: Pick<Delivery, 'wipe' | 'resume'>, parts: ConsentParts) {
    this.#consent = initial;
    this.#wanted = initial;
    this.#delivery = delivery;
    this.#parts = parts;
  }

  get current(): Consent {
    return this.#consent;
  }

  get isDenied(): boolean {
    return this.#consent === 'denied';
  }

  /** The application says it. Does not reject. */
  set(consent: Consent): Promise<ConsentResult> {
    this.#wanted = consent;
    const stopped = consent === 'denied' ? this.#stop() : 0;
    const change = this.#changes.then(() => (consent === 'denied' ? this.#deny(stopped) : this.#grant()));
    this.#changes = change;
    return change;
  }

  /** Another process said it: the delivery has done its part already. */
  follow(consent: Consent): void {
    this.#wanted = consent;
    if (consent === 'denied') {
      this.#stop();
    } else {
      this.#goOn();
    }
  }

  #stop(): number {
    if (this.#consent === 'denied') {
      return 0;
    }
    this.#consent = 'denied';
    return this.#parts.stop();
  }

  #goOn(): void {
    if (this.#consent === 'denied') {
      this.#consent = 'granted';
      this.#parts.goOn();
    }
  }

  async #deny(stopped: number): Promise<ConsentResult> {
    const { events, problem } = await this.#delivery.wipe();
    return { consent: this.#consent, droppedEvents: stopped + events, problem };
  }

  async #grant(): Promise<ConsentResult> {
    if (this.#wanted === 'granted' && this.#consent === 'denied') {
      await this.#delivery.resume();
      // It may have been withdrawn again meanwhile.
      if (this.#wanted === 'granted') {
        this.#goOn();
      }
    }
    return { consent: this.#consent, droppedEvents: 0, problem: undefined };
  }
}
