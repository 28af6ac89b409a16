import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { CrashService } from '../crash/crash-service.ts';
import { freePort } from '../crash/free-port.ts';
import { lookUntil } from '../crash/look-until.ts';
import { filesToLoad } from '../crash/spool-folder.ts';
import { LOAD_TIMEOUT_MS } from './limits.ts';

/** A real warehouse and a real collector, for all rounds. */
export class Services {
  readonly #folder: string;
  readonly #died = new AbortController();
  readonly #services: CrashService[] = [];
  #collectorFolder = '';
  #collectorAddress = '';
  #client: ClickHouseClient | undefined;

  /** @param folder empty; holds their data and logs. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Aborted when one of them has died, with the reason. */
  get died(): AbortSignal {
    return this.#died.signal;
  }

  get collectorAddress(): string {
    return this.#collectorAddress;
  }

  get warehouse(): ClickHouseClient {
    if (this.#client === undefined) throw new Error('the services have not been started');
    return this.#client;
  }

  /** Resolves when both are ready. */
  async start(): Promise<void> {
    const sqlAddress = `127.0.0.1:${await freePort()}`;
    this.#collectorAddress = `127.0.0.1:${await freePort()}`;
    this.#add('warehouse', ['--sql-address', sqlAddress]);
    const addresses = ['--grpc-address', this.#collectorAddress, '--web-address', '127.0.0.1:0'];
    this.#collectorFolder = join(this.#add('collector', [...addresses, '--sql-address', sqlAddress]), 'collector');
    const log = { level: ClickHouseLogLevel.OFF };
    this.#client = createClient({ url: `http://${sqlAddress}`, request_timeout: LOAD_TIMEOUT_MS, log });
    for (const service of this.#services) service.start();
    for (const service of this.#services) await service.ready(this.died);
  }

  /** Resolves when all that the collector has taken is in the warehouse. */
  async allLoaded(): Promise<void> {
    let left: string[] = [];
    const look = async () => {
      // Twice, since what moves from a folder to one that was looked at before is in neither.
      left = [...(await filesToLoad(this.#collectorFolder)), ...(await filesToLoad(this.#collectorFolder))];
      return left.length === 0;
    };
    await lookUntil(look, LOAD_TIMEOUT_MS, this.died, () => `${left.length} files are not loaded: ${left[0]}`);
  }

  /** Leaves no process behind. */
  async kill(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.kill()));
    await this.#client?.close();
  }

  #add(name: string, args: readonly string[]): string {
    const dataDir = join(this.#folder, name);
    mkdirSync(dataDir, { recursive: true });
    const onDied = (error: Error) => this.#died.abort(error);
    this.#services.push(
      new CrashService({ name, args: [name, ...args, '--data-dir', dataDir], folder: this.#folder, onDied }),
    );
    return dataDir;
  }
}
