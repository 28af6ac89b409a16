import { randomUUID } from 'node:crypto';
import type { RepairLease } from '../lease/repair-lease.ts';
import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import { waitForMutations } from './wait-for-mutations.ts';

/** What a repair does. */
export type RepairAction =
  | 'remove surplus events'
  | 'remove surplus batches'
  | 'remove surplus drops'
  | 'restore batches'
  | 'restore drops'
  | 'recount event_day'
  | 'recount feature_day';

/** A change that was made. */
export interface Repair {
  readonly action: RepairAction;
  readonly day: string;
  readonly product: string;
  /** Rows taken out or put in; for a recount, those that were put in. */
  readonly rows: number;
}

/** Makes changes under a lease, each on record before and after. */
export class RepairDesk {
  readonly session: AuditSession;
  readonly auditId: string;
  readonly #lease: RepairLease;
  readonly #doneBy: string;
  readonly #onRepair: (repair: Repair) => void;

  constructor(
    session: AuditSession,
    lease: RepairLease,
    { auditId, doneBy, onRepair }: { auditId: string; doneBy: string; onRepair: (repair: Repair) => void },
  ) {
    this.session = session;
    this.auditId = auditId;
    this.#lease = lease;
    this.#doneBy = doneBy;
    this.#onRepair = onRepair;
  }

  /** Makes a change, on record. */
  async make(repair: Repair, change: () => Promise<void>): Promise<void> {
    const repairId = randomUUID();
    this.#lease.check();
    await this.#record(repairId, 'begun', repair);
    this.#lease.check();
    await change();
    await this.#record(repairId, 'done', repair);
    this.#onRepair(repair);
  }

  /**
   * Takes rows out of a table for good, and nothing else: each is named by its part and its place in it, so a row that came since, or one that
   * a merge has moved, is not meant. What a merge has moved is found again by the next pass.
   *
   * @param rows SELECT of `_part` and `_part_offset` of the table
   * @returns how many rows
   */
  async removeRows(repair: Omit<Repair, 'rows'>, table: string, rows: string, parameters = {}): Promise<number> {
    const removalId = randomUUID();
    const { session } = this;
    await session.change(
      `INSERT INTO ${database}.repair_row (repair_id, part, part_offset) SELECT {id:String}, _part, _part_offset FROM (${rows})`,
      { ...parameters, id: removalId },
    );
    const named = `SELECT part, part_offset FROM ${database}.repair_row WHERE repair_id = '${removalId}'`;
    const [found] = await session.ask<{ rows: string }>(`SELECT count() AS rows FROM (${named})`);
    const count = Number(found?.rows);
    if (count === 0) return 0;
    await this.make({ ...repair, rows: count }, async () => {
      // Not a lightweight DELETE, whose rows can come back.
      await session.change(`ALTER TABLE ${database}.${table} DELETE WHERE (_part, _part_offset) IN (${named})`);
      await waitForMutations(session);
    });
    return count;
  }

  async #record(repairId: string, state: 'begun' | 'done', { action, day, product, rows }: Repair): Promise<void> {
    await this.session.change(
      `INSERT INTO ${database}.repair (repair_id, audit_id, state, action, day, product, rows, done_by)
       SELECT {id:String}, {audit:String}, {state:String}, {action:String}, {day:Date}, {product:String}, {rows:UInt64}, {by:String}`,
      { id: repairId, audit: this.auditId, state, action, day, product, rows: String(rows), by: this.#doneBy },
    );
  }
}
