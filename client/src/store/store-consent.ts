import { consentConfirmMs, consentDeadlineMs } from '../limits.ts';
import type { StoreTools } from './store-tools.ts';

/** What the processes of an application were told of the user's consent. */
export interface ConsentRecord {
  readonly consent: 'granted' | 'denied';
  /** Another with each change: what processes confirm. */
  readonly change: string;
}

const path = 'state/consent';
const confirmations = 'confirmations';

/** The consent that the processes of an application share, and their word that they keep to it. */
export class StoreConsent {
  /** The folder whose changes tell of it. */
  readonly folder = 'state';
  readonly #producer: string;
  readonly #tools: StoreTools;

  constructor(producer: string, tools: StoreTools) {
    this.#producer = producer;
    this.#tools = tools;
  }

  /** What was said last; undefined: nothing ever. */
  async read(): Promise<ConsentRecord | undefined> {
    const bytes = await this.#tools.backend.read(path);
    try {
      const record: unknown = JSON.parse(new TextDecoder().decode(bytes));
      return isRecord(record) ? record : undefined;
    } catch {
      return undefined;
    }
  }

  /** Says it to all, those that start later included. */
  async write(consent: ConsentRecord['consent']): Promise<ConsentRecord> {
    const { backend, platform } = this.#tools;
    const change = Array.from(platform.randomBytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const record: ConsentRecord = { consent, change };
    await backend.write(new TextEncoder().encode(JSON.stringify(record)), path);
    return record;
  }

  /** This process does nothing more that a denial forbids. */
  async confirm({ change }: ConsentRecord): Promise<void> {
    await this.#tools.backend.put(new Uint8Array(0), `${confirmations}/${change}-${this.#producer}`);
  }

  /** Waits until every process that lives has confirmed a denial. Resolves with how many have not within `consentDeadlineMs`. */
  async confirmedByAll({ change }: ConsentRecord): Promise<number> {
    const { backend, platform } = this.#tools;
    const deadlineMs = platform.monotonicMs() + consentDeadlineMs;
    for (;;) {
      const live = await backend.liveProducers();
      const confirmed = new Set(await backend.list(confirmations));
      const missing = [...live].filter(
        (producer) => producer !== this.#producer && !confirmed.has(`${change}-${producer}`),
      );
      if (missing.length === 0 || platform.monotonicMs() >= deadlineMs) {
        return missing.length;
      }
      await new Promise<void>((resolve) => platform.setTimer(resolve, consentConfirmMs, true));
    }
  }
}

function isRecord(value: unknown): value is ConsentRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'consent' in value &&
    (value.consent === 'granted' || value.consent === 'denied') &&
    'change' in value &&
    typeof value.change === 'string'
  );
}
