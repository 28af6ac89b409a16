import type { ClickHouseClient } from '@clickhouse/client';
import { ErrorReason } from '@telemetry/gen';
import { ledgerDigests } from '@telemetry/warehouse';
import { Refusal } from '../admission/refusal.ts';
import { RECALL_TIMEOUT_MS, RECALLS_AT_ONCE_MAX } from '../limits.ts';
import type { SeenEntry } from '../seen/seen-log.ts';
import type { RetryDelay } from './retry-delay.ts';

/** Asks the warehouse's ledger for batches that the seen-set has forgotten. */
export class LedgerRecall {
  readonly #client: ClickHouseClient;
  readonly #retryDelay: RetryDelay;
  #pending = 0;

  constructor(client: ClickHouseClient, retryDelay: RetryDelay) {
    this.#client = client;
    this.#retryDelay = retryDelay;
  }

  /**
   * Whether a batch was taken with this content.
   *
   * @throws Refusal retryable, when the ledger cannot be asked now
   */
  async wasTaken({ producerId, sequence, digest }: SeenEntry): Promise<boolean> {
    if (this.#pending >= RECALLS_AT_ONCE_MAX) {
      const message = 'Too many batches wait for the ledger. Keep the batch and send it again later.';
      throw Refusal.retryable(ErrorReason.OVERLOADED, message, this.#retryDelay.next(1));
    }
    this.#pending++;
    try {
      const producerHex = Buffer.from(producerId).toString('hex');
      const signal = AbortSignal.timeout(RECALL_TIMEOUT_MS);
      const digests = await ledgerDigests(this.#client, producerHex, sequence[0] as number, signal);
      return digests.includes(Buffer.from(digest).readBigUInt64LE());
    } catch {
      const message =
        'The batch seems to be known, and the ledger that tells cannot be asked now. Send it again later.';
      throw Refusal.retryable(ErrorReason.STORAGE_UNAVAILABLE, message, this.#retryDelay.next(1));
    } finally {
      this.#pending--;
    }
  }
}
