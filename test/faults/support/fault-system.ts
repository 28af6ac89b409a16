import { join } from 'node:path';
import { type Metrics, parseMetrics } from '../../../collector/src/status/parse-metrics.ts';
import { CrashService } from '../../crash/crash-service.ts';
import { freePort } from '../../crash/free-port.ts';
import { WarehouseReader } from '../../crash/warehouse-reader.ts';
import { eventually } from '../../support/eventually.ts';

/** As `serve` runs its collector. */
const collectorNodeArgs = ['--max-old-space-size=384'];

/** How a system is set up. */
export interface FaultSystemOptions {
  /** Parent of the collector's data folder, where it is not to lie beside the warehouse's. */
  readonly collectorDataDir?: string;
  readonly collectorArgs?: readonly string[];
  /** Where the collector looks for the warehouse; given the warehouse's own port. Default: there. */
  readonly warehouseUrlOf?: (port: number) => string;
}

/** What `/readyz` says. */
export interface ReadyAnswer {
  readonly status: number;
  readonly codes: readonly string[];
  readonly messages: readonly string[];
}

/** A collector and a warehouse as processes of their own. Nothing is started yet. */
export class FaultSystem {
  readonly folder: string;
  /** Folder of the collector's spool and seen-set. */
  readonly collectorFolder: string;
  readonly collector: CrashService;
  readonly warehouse: CrashService;
  readonly grpcAddress: string;
  readonly webUrl: string;
  readonly sqlUrl: string;
  readonly reader: WarehouseReader;
  readonly #end = new AbortController();
  readonly #collectorArgs: string[];
  #death: Error | undefined;

  private constructor(options: FaultSystemOptions, folder: string, [grpc, web, sql]: readonly number[]) {
    this.folder = folder;
    this.grpcAddress = `127.0.0.1:${grpc}`;
    this.webUrl = `http://127.0.0.1:${web}`;
    this.sqlUrl = `http://127.0.0.1:${sql}`;
    this.reader = new WarehouseReader(this.sqlUrl);
    const onDied = (error: Error) => {
      this.#death = error;
    };
    const dataDir = options.collectorDataDir ?? folder;
    this.collectorFolder = join(dataDir, 'collector');
    const addresses = ['--grpc-address', this.grpcAddress, '--web-address', `127.0.0.1:${web}`];
    const warehouseUrl = options.warehouseUrlOf?.(sql ?? 0) ?? this.sqlUrl;
    const place = ['--data-dir', dataDir, ...addresses, '--clickhouse-url', warehouseUrl];
    this.#collectorArgs = ['collector', ...place, ...(options.collectorArgs ?? [])];
    this.collector = new CrashService({
      name: 'collector',
      nodeArgs: collectorNodeArgs,
      args: this.#collectorArgs,
      folder,
      onDied,
    });
    const warehouseArgs = ['--data-dir', folder, '--sql-address', `127.0.0.1:${sql}`, '--memory-max-mib', '2048'];
    this.warehouse = new CrashService({ name: 'warehouse', args: ['warehouse', ...warehouseArgs], folder, onDied });
  }

  /** @param folder for data and logs; empty */
  static async create(folder: string, options: FaultSystemOptions = {}): Promise<FaultSystem> {
    return new FaultSystem(options, folder, [await freePort(), await freePort(), await freePort()]);
  }

  /** Gives the collector more arguments from its next start on. */
  configureCollector(...args: readonly string[]): void {
    this.#collectorArgs.push(...args);
  }

  /** Starts services, one after the other, each when the one before is ready. */
  async start(...services: ('collector' | 'warehouse')[]): Promise<void> {
    for (const name of services) {
      this[name].start();
      await this[name].ready(this.#end.signal);
    }
  }

  /** Makes the tables, for a warehouse that is to be down at first: it was up before, as a rule. */
  async makeTables(): Promise<void> {
    await this.start('warehouse');
    await this.stop('warehouse');
  }

  /** Stops a service as an operator does; fails when it does not end with 0. */
  async stop(service: 'collector' | 'warehouse'): Promise<void> {
    const code = await this[service].stop(this.#end.signal);
    if (code !== 0) throw new Error(`${service} ended with ${code}: ${this[service].log}`);
  }

  /** Fails when a service has ended by itself. */
  expectAlive(): void {
    if (this.#death !== undefined) throw this.#death;
  }

  async readiness(): Promise<ReadyAnswer> {
    const answer = await fetch(`${this.webUrl}/readyz`);
    const body = (await answer.json()) as { reasons: { code: string; message: string }[] };
    return {
      status: answer.status,
      codes: body.reasons.map(({ code }) => code),
      messages: body.reasons.map(({ message }) => message),
    };
  }

  /** Waits until the reasons not to be ready are these; none means ready. */
  async untilReadiness(codes: readonly string[], timeoutMs = 30_000): Promise<ReadyAnswer> {
    let last: unknown;
    return eventually(
      async () => {
        this.expectAlive();
        const answer = await this.readiness();
        last = answer;
        return answer.codes.join() === codes.join() ? answer : undefined;
      },
      timeoutMs,
      () => `readiness is ${JSON.stringify(last)}, to be [${codes.join()}]`,
    );
  }

  async metrics(): Promise<Metrics> {
    return parseMetrics(await (await fetch(`${this.webUrl}/metrics`)).text());
  }

  /** Ends both at once. */
  async kill(): Promise<void> {
    this.#end.abort();
    await this.collector.kill();
    await this.warehouse.kill();
    await this.reader.close();
  }
}
