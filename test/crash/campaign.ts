import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../support/random.ts';
import { checkEarlier, checkRound } from './check-round.ts';
import type { CrashBatch } from './crash-batch.ts';
import { CrashService } from './crash-service.ts';
import { executeKills } from './execute-kills.ts';
import { freePort } from './free-port.ts';
import { planKills } from './kill-plan.ts';
import { Lane } from './lane.ts';
import { DRAIN_CAREFUL_TIMEOUT_MS, DRAIN_TIMEOUT_MS, LOAD_TIMEOUT_S, VETERANS_MAX } from './limits.ts';
import { lookUntil } from './look-until.ts';
import { heavyEventsMax, makeBatches, smallEventsMax } from './make-batches.ts';
import type { RoundResult } from './round-report.ts';
import { newTally, type RoundTally } from './round-tally.ts';
import { filesToLoad } from './spool-folder.ts';
import { WarehouseReader } from './warehouse-reader.ts';

/** How large a round is, and on what it runs. */
export interface CampaignOptions {
  /** Empty; holds the data and the logs. */
  readonly folder: string;
  /** On one warehouse: 1 or 2. */
  readonly collectors: number;
  readonly batchesPerRound: number;
  /** Ends the campaign in the middle of a round. */
  readonly signal: AbortSignal;
}

const lanes = 6;
const producersPerLane = 4;
/** Batches of earlier rounds that each round sends again. */
const veteransPerRound = 6;

/** Real processes, and rounds of sending, killing and checking on them. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #died = new AbortController();
  readonly #signal: AbortSignal;
  #services: CrashService[] = [];
  #collectors: string[] = [];
  #collectorFolders: string[] = [];
  #reader: WarehouseReader | undefined;
  #totals: ReadonlyMap<string, string> = new Map();
  #veterans: CrashBatch[] = [];

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#died.signal]);
  }

  /** Starts the processes; resolves with the URL of the warehouse when they are ready. */
  async start(): Promise<string> {
    const sqlAddress = `127.0.0.1:${await freePort()}`;
    this.#addService('warehouse', ['warehouse', '--sql-address', sqlAddress]);
    // As `serve` has it; the second one sends its columns, as to a warehouse elsewhere.
    const handover = join(this.#options.folder, 'warehouse/warehouse/tmp/handover');
    await this.#addCollector('collector', sqlAddress, ['--handover-dir', handover]);
    if (this.#options.collectors > 1) await this.#addCollector('second', sqlAddress);
    const sqlUrl = `http://${sqlAddress}`;
    this.#reader = new WarehouseReader(sqlUrl);
    for (const service of this.#services) service.start();
    await this.#allReady();
    return sqlUrl;
  }

  /** One round. Rejects when it could not be brought to its end. */
  async round(round: number, seed: number): Promise<RoundResult> {
    const random = seededRandom(seed);
    const startMs = performance.now();
    const product = `crash-${seed}`;
    const tally = newTally();
    const batches = this.#makeRoundBatches(random, product);
    const kills = planKills(this.#services.length, random);
    const sending = this.#send(batches, random, product, tally, startMs);
    const share = () => (tally.acked + tally.abandoned) / batches.length;
    const [collectorFolder = ''] = this.#collectorFolders;
    // Whichever fails first says why; the other one is ended by the signal.
    const parts = { services: this.#services, collectorFolder, tally, share, signal: this.#signal };
    await Promise.all([sending, executeKills(kills, parts)]).catch((error: unknown) => {
      this.#died.abort(error);
      throw error;
    });
    await this.#allReady();
    await this.#allLoaded();
    const { storedEvents, findings } = await this.#check(product, batches);
    this.#keepVeterans(batches, random);
    const all = [...tally.violations, ...findings];
    const durationMs = performance.now() - startMs;
    return { ...tally, round, seed, batches: batches.length, storedEvents, durationMs, findings: all };
  }

  /** Stops all in order, as an operator would. Rejects when one of them does not end well. */
  async stop(): Promise<void> {
    for (const service of [...this.#services].reverse()) {
      const code = await service.stop(this.#signal);
      if (code !== 0) throw new Error(`${service.name} ended with ${code} after SIGTERM`);
    }
  }

  /** Leaves no process behind. */
  async kill(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.kill()));
    await this.#reader?.close();
  }

  #addService(name: string, args: readonly string[]): string {
    const dataDir = join(this.#options.folder, name);
    mkdirSync(dataDir, { recursive: true });
    const onDied = (error: Error) => this.#died.abort(error);
    const all = [...args, '--data-dir', dataDir];
    this.#services.push(new CrashService({ name, args: all, folder: this.#options.folder, onDied }));
    return dataDir;
  }

  async #addCollector(name: string, sqlAddress: string, more: readonly string[] = []): Promise<void> {
    const grpcAddress = `127.0.0.1:${await freePort()}`;
    const dataDir = this.#addService(name, [
      'collector',
      '--grpc-address',
      grpcAddress,
      '--web-address',
      '127.0.0.1:0',
      '--sql-address',
      sqlAddress,
      ...(this.#options.collectors > 1 ? ['--load-timeout-s', String(LOAD_TIMEOUT_S)] : []),
      ...more,
    ]);
    this.#collectors.push(grpcAddress);
    this.#collectorFolders.push(join(dataDir, 'collector'));
  }

  #makeRoundBatches(random: () => number, product: string): CrashBatch[] {
    const { batchesPerRound } = this.#options;
    // A round has heavy batches alone or none: the form of a segment follows from the mean of the one before.
    const eventsMax = random() < 0.5 ? smallEventsMax : heavyEventsMax;
    return Array.from({ length: lanes }, () => {
      const count = Math.ceil(batchesPerRound / lanes);
      return makeBatches({ random, producers: producersPerLane, batches: count, eventsMax, product });
    })
      .flat()
      .map((batch, index) => ({ ...batch, index }));
  }

  /** Each lane has producers of its own, and a part of the batches of earlier rounds. */
  async #send(
    batches: readonly CrashBatch[],
    random: () => number,
    product: string,
    tally: RoundTally,
    startMs: number,
  ): Promise<void> {
    const perLane = Math.ceil(batches.length / lanes);
    const work = Array.from({ length: lanes }, (_, lane) => {
      const own = batches.slice(lane * perLane, (lane + 1) * perLane);
      const veterans = this.#veterans.filter((_batch, index) => index < veteransPerRound && index % lanes === lane);
      return new Lane({
        batches: [...veterans, ...own],
        // Each collector is the home of some lanes.
        collectors: rotate(this.#collectors, lane),
        random: seededRandom(Math.floor(random() * 2 ** 32)),
        tally,
        product,
        elapsedMs: () => performance.now() - startMs,
        signal: this.#signal,
      });
    });
    await Promise.all(work.map((lane) => lane.run()));
  }

  async #allReady(): Promise<void> {
    for (const service of this.#services) await service.ready(this.#signal);
  }

  async #allLoaded(): Promise<void> {
    let left: string[] = [];
    const look = async () => {
      // Twice, since what moves from a folder to one that was looked at before is in neither.
      const looks = [...this.#collectorFolders, ...this.#collectorFolders];
      left = [];
      for (const folder of looks) left.push(...(await filesToLoad(folder)));
      return left.length === 0;
    };
    const timeoutMs = this.#options.collectors > 1 ? DRAIN_CAREFUL_TIMEOUT_MS : DRAIN_TIMEOUT_MS;
    await lookUntil(look, timeoutMs, this.#signal, () => `${left.length} files are not loaded: ${left[0]}`);
  }

  async #check(product: string, batches: readonly CrashBatch[]) {
    if (this.#reader === undefined) throw new Error('the campaign has not been started');
    const check = await checkRound(this.#reader, product, batches);
    const totals = await this.#reader.totals();
    const findings = [...check.findings, ...checkEarlier(this.#totals, totals)];
    this.#totals = totals;
    return { ...check, findings };
  }

  /** Keeps some of what was acknowledged, the newest and some older ones, to be sent again in later rounds. */
  #keepVeterans(batches: readonly CrashBatch[], random: () => number): void {
    const fresh = batches.filter((batch) => batch.isAcknowledged && random() < 0.1);
    this.#veterans = [...fresh, ...this.#veterans]
      .map((batch) => ({ batch, order: random() }))
      .sort((a, b) => a.order - b.order)
      .slice(0, VETERANS_MAX)
      .map(({ batch }) => ({ ...batch, resendsOnPurpose: 0 }));
  }
}

function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
