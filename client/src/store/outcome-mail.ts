import { deadProducersKept, liveTrustMs } from '../limits.ts';
import { decodeOutcomes, encodeOutcomes, type Outcome, type Outcomes } from './outcome.ts';
import type { StoreTools } from './store-tools.ts';

/**
 * Carries outcomes from the process that sends to those that logged: a file for each, which its reader removes. Need not outlive the machine, since
 * the readers do not either.
 */
export class OutcomeMail {
  readonly folder = 'outcomes';
  readonly #producer: string;
  readonly #tools: StoreTools;
  #sent = 0;
  #live: ReadonlySet<string> = new Set();
  #liveUntilMs = 0;
  /** Have written files and did not live when that was looked up after it: they never will. */
  readonly #dead = new Set<string>();

  constructor(producer: string, tools: StoreTools) {
    this.#producer = producer;
    this.#tools = tools;
  }

  /** Tells the producers that live. */
  async send(outcomes: Outcomes): Promise<void> {
    const others = [...outcomes].filter(([producer]) => producer !== this.#producer);
    if (others.length === 0) {
      return;
    }
    const unknown = others.flatMap(([producer]) =>
      this.#live.has(producer) || this.#dead.has(producer) ? [] : [producer],
    );
    if (unknown.length > 0) {
      // Who has just come is in no list that was made before.
      this.#liveUntilMs = Number.NEGATIVE_INFINITY;
    }
    await this.#lookWhoLives();
    this.#noteDead(unknown);
    for (const [producer, outcome] of others) {
      if (this.#live.has(producer)) {
        const path = `${this.folder}/${producer}-${this.#producer}-${this.#sent++}`;
        await this.#tools.backend.put(encodeOutcomes([outcome]), path);
      }
    }
  }

  /** Takes out what others have told this process. */
  async receive(): Promise<Outcome[]> {
    const { backend } = this.#tools;
    const outcomes: Outcome[] = [];
    for (const name of await backend.list(this.folder)) {
      if (name.startsWith(`${this.#producer}-`)) {
        const bytes = await backend.read(`${this.folder}/${name}`);
        outcomes.push(...(bytes === undefined ? [] : decodeOutcomes(bytes)));
        await backend.remove(`${this.folder}/${name}`);
      }
    }
    return outcomes;
  }

  /** Removes what was for processes that have died since. */
  async tidy(): Promise<void> {
    this.#liveUntilMs = Number.NEGATIVE_INFINITY;
    await this.#lookWhoLives();
  }

  #noteDead(producers: readonly string[]): void {
    if (this.#dead.size >= deadProducersKept) {
      this.#dead.clear();
    }
    for (const producer of producers.filter((each) => !this.#live.has(each))) {
      this.#dead.add(producer);
    }
  }

  /** Looks who lives, and removes what nobody will read any more. */
  async #lookWhoLives(): Promise<void> {
    const { backend, platform } = this.#tools;
    const nowMs = platform.monotonicMs();
    if (nowMs < this.#liveUntilMs) {
      return;
    }
    this.#live = await backend.liveProducers();
    this.#liveUntilMs = nowMs + liveTrustMs;
    for (const name of await backend.list(this.folder)) {
      if (!this.#live.has(name.slice(0, 32))) {
        await backend.remove(`${this.folder}/${name}`);
      }
    }
  }
}
