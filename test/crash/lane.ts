import { setTimeout } from 'node:timers/promises';
import { type Ack, Outcome } from '@telemetry/gen';
import type { CrashBatch } from './crash-batch.ts';
import { answerText, judgeAck, judgeProbe } from './judge-ack.ts';
import { RECONNECT_PAUSE_MS, RESENDS_ON_PURPOSE_MAX } from './limits.ts';
import { makeProbe } from './make-batches.ts';
import { PublishConnection } from './publish-connection.ts';
import type { RoundTally } from './round-tally.ts';

/** What a lane works with. */
export interface LaneParts {
  /** Batches to send, in this order, those of earlier rounds among them. */
  readonly batches: readonly CrashBatch[];
  /** Addresses of the collectors. The first one gets all first sendings of this lane. */
  readonly collectors: readonly string[];
  readonly random: () => number;
  readonly tally: RoundTally;
  readonly product: string;
  /** Since the round began. */
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
}

const burstMax = 6;
const pauseMsMax = 200;
const cutDelayMsMax = 12;
/** Shares of bursts: connection cut behind them; acknowledgements ignored. */
const cutShare = 0.1;
const deafShare = 0.1;
/** Shares of batches: sent again although acknowledged; given up when the first acknowledgement was lost; followed by a probe. */
const againShare = 0.08;
const abandonShare = 0.08;
const probeShare = 0.02;
/** Share of resends that go to another collector, where there is one. */
const elsewhereShare = 0.3;

/** Sends batches over one connection at a time, and loses acknowledgements on purpose. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #queue: CrashBatch[];
  readonly #connections = new Map<string, PublishConnection>();

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#queue = [...parts.batches];
  }

  /** Resolves when every batch is acknowledged or abandoned. */
  async run(): Promise<void> {
    const { random, signal } = this.#parts;
    try {
      while (this.#queue.length > 0) {
        signal.throwIfAborted();
        await setTimeout(random() * pauseMsMax);
        await this.#burst();
      }
    } finally {
      for (const connection of this.#connections.values()) connection.cut();
    }
  }

  async #burst(): Promise<void> {
    const { random, tally } = this.#parts;
    const collector = this.#chooseCollector();
    const connection = await this.#connect(collector);
    if (connection === undefined) return;
    const batches = this.#queue.splice(0, 1 + Math.floor(random() * burstMax));
    const first = this.#send(connection, collector, batches);
    const fate = random();
    if (fate < cutShare) {
      await setTimeout(random() * cutDelayMsMax);
      connection.cut();
      tally.acksLost += batches.length;
    }
    const acks = await connection.acks(first, batches.length);
    const isDeaf = fate >= cutShare && fate < cutShare + deafShare;
    if (isDeaf) tally.acksLost += batches.length;
    let delayMs = 0;
    for (const [index, batch] of batches.entries()) {
      delayMs = Math.max(delayMs, await this.#settle(batch, acks[index], isDeaf, connection));
    }
    if (delayMs > 0) await setTimeout(delayMs);
  }

  #send(connection: PublishConnection, collector: string, batches: readonly CrashBatch[]): number {
    const { tally, elapsedMs } = this.#parts;
    for (const batch of batches) {
      batch.attempts++;
      batch.history.push({ attempt: batch.attempts, collector, atMs: Math.round(elapsedMs()), answer: 'none' });
      if (batch.attempts === 1) tally.sent++;
      else tally.resent++;
    }
    return connection.send(batches.map(({ bytes, encoding, attempts }) => ({ bytes, encoding, attempt: attempts })));
  }

  /** Takes the answer to one sending; says how long to wait before the next. */
  async #settle(
    batch: CrashBatch,
    ack: Ack | undefined,
    isDeaf: boolean,
    connection: PublishConnection,
  ): Promise<number> {
    const { random, tally, collectors } = this.#parts;
    const record = batch.history.at(-1);
    if (record !== undefined) record.answer = answerText(ack);
    const isFirstAck = !batch.isAcknowledged;
    if (ack === undefined) {
      if (isFirstAck && random() < abandonShare) {
        batch.isAbandoned = true;
        tally.abandoned++;
      } else this.#queue.push(batch);
      return 0;
    }
    const violation = judgeAck(batch, batch.attempts, ack, collectors.length > 1);
    if (violation !== undefined) tally.violations.push(violation);
    if (ack.outcome === Outcome.DEFERRED) {
      this.#queue.push(batch);
      return Number(ack.retryDelay?.seconds ?? 0n) * 1_000 + (ack.retryDelay?.nanos ?? 0) / 1e6;
    }
    if (ack.outcome === Outcome.DUPLICATE) tally.duplicates++;
    if (ack.outcome === Outcome.REJECTED) return 0;
    batch.isAcknowledged = true;
    if (isFirstAck) tally.acked++;
    if ((isDeaf || random() < againShare) && batch.resendsOnPurpose < RESENDS_ON_PURPOSE_MAX) {
      batch.resendsOnPurpose++;
      this.#queue.push(batch);
    }
    // A collector can refuse only what it has seen itself.
    if (batch.events.length > 0 && random() < probeShare && collectors.length === 1)
      await this.#probe(batch, connection);
    return 0;
  }

  /** Sends other content under the numbers of an acknowledged batch. Not repeated when the collector dies under it. */
  async #probe(batch: CrashBatch, connection: PublishConnection): Promise<void> {
    const { random, tally, product } = this.#parts;
    const kind = random() < 0.5 ? 'whole' : 'partial';
    const bytes = makeProbe(batch, product, kind);
    const first = connection.send([{ bytes, encoding: 'identity', attempt: 2 }]);
    const [ack] = await connection.acks(first, 1);
    if (ack === undefined) return;
    const violation = judgeProbe(batch, kind, ack);
    if (violation === undefined) tally.probes++;
    else tally.violations.push(violation);
  }

  #chooseCollector(): string {
    const { collectors, random } = this.#parts;
    const home = collectors[0] ?? '';
    const next = this.#queue[0];
    if (collectors.length === 1 || next === undefined || next.attempts === 0 || random() >= elsewhereShare) return home;
    return collectors[1 + Math.floor(random() * (collectors.length - 1))] ?? home;
  }

  async #connect(collector: string): Promise<PublishConnection | undefined> {
    const known = this.#connections.get(collector);
    if (known !== undefined && !known.isOver) return known;
    known?.cut();
    this.#connections.delete(collector);
    const connection = await PublishConnection.open(collector);
    if (connection === undefined) await setTimeout(RECONNECT_PAUSE_MS);
    else this.#connections.set(collector, connection);
    return connection;
  }
}
