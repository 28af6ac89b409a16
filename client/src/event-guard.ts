import { DropReason } from '@telemetry/gen/constants';
import type { BanList, NameBan } from './ban-list.ts';
import type { Core } from './core.ts';
import { bannedBy } from './drop-problems.ts';
import type { TelemetryEvent } from './event.ts';
import { type EventGate, EventRefusal } from './event-gate.ts';
import type { PrivacyGate } from './privacy/privacy-gate.ts';

/** What stands before the encoder: the blacklist, then privacy, each for the core of the moment. */
export class EventGuard implements EventGate {
  readonly #privacy: PrivacyGate;
  #core: Core;
  #list: BanList | undefined;
  #isBanned: NameBan | undefined;

  constructor(privacy: PrivacyGate, core: Core) {
    this.#privacy = privacy;
    this.#core = core;
  }

  /** From the next event on another core. */
  setCore(core: Core): void {
    this.#core = core;
    this.#compile();
  }

  /** From the next event on another list. */
  setBanList(list: BanList): void {
    this.#list = list;
    this.#compile();
  }

  admit(event: TelemetryEvent): TelemetryEvent | EventRefusal {
    if (this.#bans(event.name)) {
      return this.#refusal();
    }
    const admitted = this.#privacy.admit(event);
    // By the name under which it would be sent, too: that is the one that the list means.
    return admitted.name !== event.name && this.#bans(admitted.name) ? this.#refusal() : admitted;
  }

  #bans(name: unknown): boolean {
    return this.#isBanned !== undefined && typeof name === 'string' && this.#isBanned(name);
  }

  #refusal(): EventRefusal {
    const version = this.#list?.version ?? 0;
    return new EventRefusal(DropReason.BLACKLISTED, bannedBy({ version }), version);
  }

  #compile(): void {
    const { product, audience } = this.#core;
    this.#isBanned = this.#list?.forCore(product.name, product.version ?? '', audience);
  }
}
