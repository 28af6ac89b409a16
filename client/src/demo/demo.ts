import { type Channel, createTelemetry, type Telemetry } from '../index.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { demoSession } from './demo-session.ts';
import { type DemoUser, demoUsers } from './demo-users.ts';
import {
  demoShutdownMs,
  firstSessions,
  flushIntervalMs,
  openSessionsMax,
  queueEventsMax,
  retryBackoffMsMax,
  sessionShutdownMs,
} from './limits.ts';

/** What a demo needs. */
export interface DemoParts {
  /** Makes the way to the collector: each session has its own, as each application has. */
  readonly channel: () => Channel;
  readonly users: number;
  readonly seed: string;
  readonly sessionsPerSecond: number;
  /** Calls back later, unless the returned function is called before. */
  readonly later: (callback: () => void, delayMs: number) => () => void;
}

/** A running demo. */
export interface Demo {
  /** Sessions that are open, those included that wait for their last acknowledgements. */
  readonly openSessions: number;
  /** Ends all sessions, and resolves when what they had to say was sent or the time is over. */
  stop(): Promise<void>;
}

/** Lets simulated users work with a simulated application, each session with a client of its own, until it is stopped. */
export function startDemo(parts: DemoParts): Demo {
  return new RunningDemo(parts);
}

class RunningDemo implements Demo {
  readonly #parts: DemoParts;
  readonly #users: readonly DemoUser[];
  readonly #chance: Chance;
  /** Open sessions, and what cancels the next step of each. */
  readonly #sessions = new Map<Telemetry, () => void>();
  #cancelNext: () => void = () => {};
  #started = 0;
  #stopped = false;

  constructor(parts: DemoParts) {
    this.#parts = parts;
    this.#users = demoUsers(parts.users, parts.seed);
    this.#chance = chanceFrom(`${parts.seed} sessions`);
    for (let count = 0; count < firstSessions; count++) {
      this.#startSession();
    }
    this.#planNext();
  }

  get openSessions(): number {
    return this.#sessions.size;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelNext();
    const ends = Array.from(this.#sessions, ([telemetry, cancel]) => {
      cancel();
      return telemetry.shutdown({ timeoutMs: demoShutdownMs });
    });
    // A session that was ending already waits for longer than the demo may.
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const cancelTimeout = this.#parts.later(resolve, demoShutdownMs);
    await Promise.race([Promise.all(ends), timeout]);
    cancelTimeout();
  }

  #planNext(): void {
    this.#cancelNext = this.#parts.later(
      () => {
        this.#startSession();
        this.#planNext();
      },
      this.#chance.waitFor(1000 / this.#parts.sessionsPerSecond),
    );
  }

  #startSession(): void {
    const user = this.#users[Math.floor(this.#chance.fraction() ** 2 * this.#users.length)];
    if (user === undefined || this.#sessions.size >= openSessionsMax) {
      return;
    }
    this.#started += 1;
    const telemetry = createTelemetry({
      store: 'memory',
      product: user.product,
      user: user.user,
      audience: user.audience,
      machine: user.machine,
      operatingSystem: user.operatingSystem,
      channel: this.#parts.channel(),
      flushIntervalMs,
      queueEventsMax,
      retry: { maxBackoffMs: retryBackoffMsMax },
    });
    const steps = demoSession(user, chanceFrom(`${this.#parts.seed} session ${this.#started}`));
    this.#continue(telemetry, steps);
  }

  /** Plans the next step of a session, or ends it. */
  #continue(telemetry: Telemetry, steps: ReturnType<typeof demoSession>): void {
    const next = steps.next();
    if (next.done === true) {
      this.#sessions.set(telemetry, () => {});
      void telemetry.shutdown({ timeoutMs: sessionShutdownMs }).then(() => this.#sessions.delete(telemetry));
      return;
    }
    const { waitMs, log } = next.value;
    const cancel = this.#parts.later(() => {
      if (!this.#stopped) {
        log(telemetry);
        this.#continue(telemetry, steps);
      }
    }, waitMs);
    this.#sessions.set(telemetry, cancel);
  }
}
