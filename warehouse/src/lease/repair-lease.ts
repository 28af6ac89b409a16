import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { REPAIR_LEASE_MS } from '../limits.ts';
import { database } from '../migrations/database.ts';
import { LeaseError } from './lease-error.ts';
import { readStandingLeases } from './standing-leases.ts';

/** Time between two looks at whether another lease has ended. */
const LOOK_MS = 1_000;

/** Who takes a lease, and what for. */
export interface LeasePurpose {
  readonly heldBy: string;
  /** For people. */
  readonly purpose: string;
}

/**
 * Holds up loads while it stands: collectors begin none. It is renewed until it is given back, and ends by itself soon after its holder has
 * died.
 */
export class RepairLease {
  readonly #client: ClickHouseClient;
  readonly #purpose: LeasePurpose;
  readonly #id = randomUUID();
  readonly #timer: NodeJS.Timeout;
  #renewedMs: number;

  private constructor(client: ClickHouseClient, purpose: LeasePurpose) {
    this.#client = client;
    this.#purpose = purpose;
    this.#renewedMs = performance.now();
    // One that fails is tried again at the next tick; `check` says when it is too late.
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), REPAIR_LEASE_MS / 3);
    this.#timer.unref();
  }

  /** Takes a lease. One whose holder has died is waited for; throws LeaseError when another one stands for longer. */
  static async take(client: ClickHouseClient, purpose: LeasePurpose): Promise<RepairLease> {
    const lease = new RepairLease(client, purpose);
    try {
      await lease.#renew();
      await lease.#untilAlone();
      return lease;
    } catch (error) {
      await lease.release().catch(() => {});
      throw error;
    }
  }

  /** Throws LeaseError when the lease may have ended, so that loads may have begun. */
  check(): void {
    if (performance.now() - this.#renewedMs < (REPAIR_LEASE_MS * 2) / 3) return;
    throw new LeaseError(
      'The lease on loads could not be renewed in time; nothing more is changed. Run the audit again.',
    );
  }

  /** Gives it back. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write(true);
  }

  /** Written before others are read: of two that come at the same time, at least one sees the other. The older goes first. */
  async #untilAlone(): Promise<void> {
    const deadlineMs = performance.now() + REPAIR_LEASE_MS + LOOK_MS;
    for (;;) {
      const [first] = await readStandingLeases(this.#client);
      if (first === undefined || first.leaseId === this.#id) return;
      if (performance.now() > deadlineMs) {
        throw new LeaseError(
          `Another repair holds up the loads: ${first.purpose}, by ${first.heldBy}. Run the audit again when it has ended.`,
        );
      }
      await setTimeout(Math.min(LOOK_MS, Math.max(1, first.remainingMs)));
    }
  }

  async #renew(): Promise<void> {
    const startedMs = performance.now();
    await this.#write(false);
    this.#renewedMs = startedMs;
  }

  async #write(isReleased: boolean): Promise<void> {
    await this.#client.command({
      query: `INSERT INTO ${database}.repair_lease (lease_id, held_by, purpose, expire_time, is_released)
        SELECT {id:String}, {by:String}, {purpose:String}, now64(6, 'UTC') + toIntervalMillisecond({ms:UInt32}), {released:Bool}`,
      query_params: {
        id: this.#id,
        by: this.#purpose.heldBy,
        purpose: this.#purpose.purpose,
        ms: REPAIR_LEASE_MS,
        released: isReleased,
      },
    });
  }
}
