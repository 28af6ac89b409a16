import type { WipeResult } from '../delivery.ts';
import { toError } from '../errors.ts';
import { consentDeadlineMs } from '../limits.ts';
import { type ConsentRecord, StoreConsent } from './store-consent.ts';
import type { StoreTools } from './store-tools.ts';

/** What a process does when the consent changes. */
export interface ConsentFollowerListener {
  /** Keeps and sends nothing more. Resolves, when that is so, with how many events were given up. */
  halt(): Promise<number>;
  /** Keeps and sends as usual. */
  goOn(): void;
  /** Another process was told. */
  onChange(consent: ConsentRecord['consent']): void;
}

/** Keeps to the consent that the processes of an application share, whoever of them was told. One change after the other. */
export class ConsentFollower {
  readonly #shared: StoreConsent;
  readonly #tools: StoreTools;
  readonly #listener: ConsentFollowerListener;
  #change: string | undefined;
  #isDenied = false;
  #isGoing = false;
  #steps: Promise<unknown> = Promise.resolve();

  constructor(producer: string, tools: StoreTools, listener: ConsentFollowerListener) {
    this.#shared = new StoreConsent(producer, tools);
    this.#tools = tools;
    this.#listener = listener;
  }

  get isDenied(): boolean {
    return this.#isDenied;
  }

  /** Whether something may be kept and sent now: not before it is known what an earlier process was told. */
  get isGoing(): boolean {
    return this.#isGoing && !this.#isDenied;
  }

  /** The folder whose changes tell of it. */
  get folder(): string {
    return this.#shared.folder;
  }

  /** The store is open: goes on, unless the consent is denied. */
  async start(): Promise<void> {
    await this.look();
    if (!this.#isDenied) {
      this.#goOn();
    }
  }

  /** Looks whether another process was told something. */
  look(): Promise<void> {
    return this.#inTurn(async () => {
      const record = await this.#shared.read();
      if (record === undefined || record.change === this.#change) {
        return;
      }
      this.#change = record.change;
      if (record.consent === 'denied') {
        const wasDenied = this.#isDenied;
        this.#isDenied = true;
        if (!wasDenied) {
          this.#listener.onChange('denied');
        }
        await this.#halt();
        await this.#shared.confirm(record);
      } else if (this.#isDenied) {
        this.#isDenied = false;
        this.#goOn();
        this.#listener.onChange('granted');
      }
    });
  }

  /** This process was told: resolves when every process has stopped and nothing is left, or with what could not be done. */
  deny(): Promise<WipeResult> {
    this.#isDenied = true;
    return this.#inTurn(async () => {
      const events = await this.#halt();
      try {
        const record = await this.#write('denied');
        const missing = await this.#shared.confirmedByAll(record);
        await this.#tools.backend.wipe();
        const problem = `${missing} processes have not stopped within ${consentDeadlineMs} ms`;
        return { events, problem: missing === 0 ? undefined : problem };
      } catch (error) {
        return { events, problem: `store: ${toError(error).message}` };
      }
    });
  }

  /** This process was told. */
  grant(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isDenied) {
        await this.#write('granted').catch(() => {});
        this.#isDenied = false;
        this.#goOn();
      }
    });
  }

  /** A disk that is full has room for it when all else is gone. */
  async #write(consent: ConsentRecord['consent']): Promise<ConsentRecord> {
    const record = await this.#shared.write(consent).catch(async () => {
      await this.#tools.backend.wipe();
      return this.#shared.write(consent);
    });
    this.#change = record.change;
    return record;
  }

  #goOn(): void {
    if (!this.#isGoing) {
      this.#isGoing = true;
      this.#listener.goOn();
    }
  }

  async #halt(): Promise<number> {
    this.#isGoing = false;
    return this.#listener.halt();
  }

  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#steps.then(step);
    this.#steps = result.catch(() => {});
    return result;
  }
}
