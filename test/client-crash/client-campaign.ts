import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../crash/free-port.ts';
import { seededRandom } from '../support/random.ts';
import { balanceProducer } from './check/producer-ledger.ts';
import { readProducers } from './check/read-producers.ts';
import { checkTenures } from './check/tenures.ts';
import { drain } from './drain.ts';
import { FINDINGS_SHOWN_MAX } from './limits.ts';
import { FlakyProxy, type Weather } from './network/flaky-proxy.ts';
import { FlakyReceiver, goodMood } from './network/flaky-receiver.ts';
import { type Life, planLife, planMood, planRound, type RoundSize } from './round-plan.ts';
import type { RoundResult } from './round-report.ts';
import { RoundTally } from './round-tally.ts';
import { type RoundFacts, runLife } from './run-life.ts';
import { Services } from './services.ts';

/** Time for which the receiver keeps a mood, in a long run. */
const moodMs = 8_000;
const weatherMsMax = 1_500;
/** What delays bytes is left out: of a process that has ended they would come after those of the next one. */
const roughWeathers: readonly Weather[] = ['refuse', 'cut', 'blackHole', 'loseAnswers'];

/** Processes with the client, the network, a receiver, a collector and a warehouse; rounds of killing, and checking on what is left. */
export class ClientCampaign {
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #services: Services;
  #receiver: FlakyReceiver | undefined;
  #proxy: FlakyProxy | undefined;

  /** @param folder empty; holds the data and the logs. */
  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#services = new Services(folder);
    this.#signal = AbortSignal.any([signal, this.#services.died]);
  }

  async start(seed: number): Promise<void> {
    await this.#services.start();
    const receiver = new FlakyReceiver(this.#services.collectorAddress, seededRandom(seed));
    await receiver.start();
    this.#receiver = receiver;
    this.#proxy = new FlakyProxy(await freePort(), () => receiver.port);
    await this.#proxy.start();
  }

  /** One round of short lives. Rejects when it could not be brought to its end. */
  async round(round: number, seed: number, size: RoundSize): Promise<RoundResult> {
    const plan = planRound(seededRandom(seed), size);
    const facts = this.#factsOf(seed);
    return this.#run(round, seed, facts, async (tally, receiver, proxy) => {
      receiver.mood = plan.mood;
      const over = new AbortController();
      const weather = (async () => {
        for (const { weather, lengthMs } of plan.weather) {
          if (over.signal.aborted) return;
          await proxy.setWeather(weather);
          await sleep(lengthMs, undefined, { signal: over.signal }).catch(() => {});
        }
      })();
      const slots = plan.slots.map((lives, slot) => this.#runSlot(`slot-${slot}`, lives, facts, tally));
      await Promise.all(slots);
      over.abort();
      await weather;
    });
  }

  /** So many processes at a time, for so long, and a receiver that is never well for long. */
  async crowd(seed: number, processes: number, seconds: number): Promise<RoundResult> {
    const random = seededRandom(seed);
    const facts = this.#factsOf(seed);
    const deadlineMs = performance.now() + seconds * 1000;
    return this.#run(1, seed, facts, async (tally, receiver, proxy) => {
      const isOver = () => performance.now() >= deadlineMs || this.#signal.aborted;
      const weather = this.#changeWeather(seededRandom(seed + 1), receiver, proxy, isOver);
      const slots = Array.from({ length: processes }, async (_, slot) => {
        for (let count = 0; !isOver(); count++) {
          const leftMs = deadlineMs - performance.now();
          const life = planLongLife(random, Math.min(20_000, leftMs));
          await runLife(`slot-${slot}-${count}`, life, facts, tally);
        }
      });
      await Promise.all(slots);
      await weather;
    });
  }

  /** Leaves no process behind. */
  async kill(): Promise<void> {
    await this.#proxy?.stop();
    this.#receiver?.stop();
    await this.#services.kill();
  }

  #factsOf(seed: number): RoundFacts {
    if (this.#proxy === undefined) throw new Error('the campaign has not been started');
    const folder = join(this.#folder, `store-${seed}`);
    const compileCacheFolder = join(this.#folder, 'compile-cache');
    mkdirSync(folder, { mode: 0o700 });
    return { product: `client-crash-${seed}`, folder, address: this.#proxy.address, compileCacheFolder };
  }

  async #runSlot(slot: string, lives: readonly Life[], facts: RoundFacts, tally: RoundTally): Promise<void> {
    for (const [index, life] of lives.entries()) {
      this.#signal.throwIfAborted();
      await runLife(`${slot}-${index}`, life, facts, tally);
    }
  }

  async #changeWeather(
    random: () => number,
    receiver: FlakyReceiver,
    proxy: FlakyProxy,
    isOver: () => boolean,
  ): Promise<void> {
    let moodUntilMs = 0;
    while (!isOver()) {
      if (performance.now() >= moodUntilMs) {
        receiver.mood = planMood(random);
        moodUntilMs = performance.now() + moodMs;
      }
      await proxy.setWeather('pass');
      await sleep(300 + random() * 2 * weatherMsMax);
      await proxy.setWeather(roughWeathers[Math.floor(random() * roughWeathers.length)] ?? 'cut');
      await sleep(random() * weatherMsMax);
    }
  }

  async #run(
    round: number,
    seed: number,
    facts: RoundFacts,
    live: (tally: RoundTally, receiver: FlakyReceiver, proxy: FlakyProxy) => Promise<void>,
  ): Promise<RoundResult> {
    const receiver = this.#receiver;
    const proxy = this.#proxy;
    if (receiver === undefined || proxy === undefined) throw new Error('the campaign has not been started');
    const startMs = performance.now();
    receiver.reset();
    const tally = new RoundTally();
    await live(tally, receiver, proxy);
    this.#signal.throwIfAborted();
    receiver.mood = goodMood;
    await proxy.setWeather('pass');
    const drainMs = performance.now();
    await drain(facts, tally, this.#signal);
    const loadMs = performance.now();
    await this.#services.allLoaded();
    const result = await this.#check(facts.product, receiver, tally);
    if (result.findings.length === 0) await rm(facts.folder, { recursive: true });
    const endMs = performance.now();
    const times = { liveMs: drainMs - startMs, drainMs: loadMs - drainMs, checkMs: endMs - loadMs };
    return { round, seed, ...result, ...times };
  }

  async #check(product: string, receiver: FlakyReceiver, tally: RoundTally) {
    const { producers, wrongContents, rejected, holes } = await readProducers(this.#services.warehouse, product);
    const all = new Set([...tally.durable.keys(), ...producers.keys()]);
    const ledgers = [...all].map((producer) =>
      balanceProducer(
        producer,
        tally.durable.get(producer) ?? 0,
        producers.get(producer) ?? { events: [], declared: [] },
      ),
    );
    const { tenures, findings: tenureFindings } = checkTenures(tally.sendings);
    const balance = ledgers.flatMap((ledger) => ledger.findings);
    const findings = [
      ...tally.findings,
      ...balance.slice(0, FINDINGS_SHOWN_MAX),
      ...(balance.length > FINDINGS_SHOWN_MAX ? [`… and ${balance.length - FINDINGS_SHOWN_MAX} more producers`] : []),
      ...receiver.violations.slice(0, FINDINGS_SHOWN_MAX),
      ...tenureFindings.slice(0, FINDINGS_SHOWN_MAX),
      ...(wrongContents > 0 ? [`${wrongContents} events have the content of another number`] : []),
      ...(holes > 0 ? [`${holes} holes in the view producer_hole`] : []),
      ...(rejected > 0 ? [`${rejected} rows in rejected`] : []),
    ];
    if (findings.length > 0) {
      findings.push(...[...tally.errors].map(([message, count]) => `${count} times told: ${message}`));
    }
    const { resent, duplicates, received } = receiver;
    return { ledgers, tally, tenures, resent, duplicates, received, findings };
  }
}

function planLongLife(random: () => number, lifeMsMax: number): Life {
  const life = planLife(random, Math.max(1_000, lifeMsMax));
  const isKilled = life.child.ending === 'killed' && random() < 0.5;
  const ending = isKilled ? 'killed' : life.child.ending === 'killed' ? 'shutdown' : life.child.ending;
  return {
    ...life,
    // Eight write more files than one uploader brings through such a network, unless each takes its time.
    child: { ...life.child, ending, crashPoint: undefined, pauseMsMax: 800, flushIntervalMs: 1_000 },
    kill: isKilled ? { from: 'start', afterMs: life.child.durationMs } : undefined,
  };
}
