import { type Ack, Outcome } from '@telemetry/gen';
import type { CrashBatch } from '../../crash/crash-batch.ts';
import { judgeAck } from '../../crash/judge-ack.ts';
import { PublishConnection } from '../../crash/publish-connection.ts';
import { eventually } from '../../support/eventually.ts';

/** Batches of one message: several group commits pass while all are sent. */
const batchesPerMessage = 20;

/** A client that sends the bytes of batches over one stream, notes what was acknowledged, and opens another stream when that one ends. */
export class Sender {
  readonly #address: string;
  #connection: PublishConnection | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  /**
   * Sends each batch once; returns the acknowledgements, undefined where none came.
   *
   * @throws Error when an acknowledgement breaks the protocol
   */
  async offer(batches: readonly CrashBatch[], timeoutMs?: number): Promise<(Ack | undefined)[]> {
    const all: (Ack | undefined)[] = [];
    for (let start = 0; start < batches.length; start += batchesPerMessage) {
      const some = batches.slice(start, start + batchesPerMessage);
      const connection = await this.#connect();
      const sendings = some.map((batch) => ({
        bytes: batch.bytes,
        encoding: batch.encoding,
        attempt: ++batch.attempts,
      }));
      const acks = await connection.acks(connection.send(sendings), some.length, timeoutMs);
      for (const [index, batch] of some.entries()) note(batch, acks[index]);
      all.push(...acks);
    }
    return all;
  }

  /** Sends batches again and again until all are acknowledged. */
  async deliver(batches: readonly CrashBatch[], timeoutMs = 60_000): Promise<void> {
    const left = () => batches.filter(({ isAcknowledged }) => !isAcknowledged);
    await eventually(
      async () => {
        await this.offer(left());
        return left().length === 0 ? true : undefined;
      },
      timeoutMs,
      () => `${left().length} of ${batches.length} batches are not acknowledged`,
    );
  }

  close(): void {
    this.#connection?.cut();
  }

  async #connect(): Promise<PublishConnection> {
    if (this.#connection !== undefined && !this.#connection.isOver) return this.#connection;
    this.#connection?.cut();
    this.#connection = await eventually(() => PublishConnection.open(this.#address), 30_000);
    return this.#connection;
  }
}

function note(batch: CrashBatch, ack: Ack | undefined): void {
  if (ack === undefined) return;
  const finding = judgeAck(batch, batch.attempts, ack, false);
  if (finding !== undefined) throw new Error(finding);
  if (ack.outcome === Outcome.ACCEPTED || ack.outcome === Outcome.DUPLICATE) batch.isAcknowledged = true;
}
