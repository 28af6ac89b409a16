import type { DescEnum } from '@bufbuild/protobuf';
import { DropReasonSchema, ErrorReasonSchema, OutcomeSchema } from '@telemetry/gen';
import type { EventLedger, ProductAccount } from './event-ledger.ts';
import type { Sample } from './expose.ts';

/** One sample a product: `count` of its account. */
export function* byProduct(ledger: EventLedger, count: (account: ProductAccount) => number): Iterable<Sample> {
  for (const account of ledger.accounts()) yield [{ product: account.name }, count(account)];
}

/** Events that were not taken while their batch was, by product and reason. */
export function* droppedEvents(ledger: EventLedger): Iterable<Sample> {
  for (const { name, dropped } of ledger.accounts()) {
    for (const [reason, count] of dropped.entries()) {
      if (count !== undefined) yield [{ product: name, reason: shortName(DropReasonSchema, reason) }, count];
    }
  }
}

/** Batches by product and outcome. */
export function* batchesByOutcome(ledger: EventLedger): Iterable<Sample> {
  for (const { name, batches } of ledger.accounts()) {
    for (const [outcome, count] of batches.entries()) {
      if (count !== undefined) yield [{ product: name, outcome: shortName(OutcomeSchema, outcome) }, count];
    }
  }
}

/** Refused batches by reason. */
export function* byReason(batches: readonly number[]): Iterable<Sample> {
  for (const [reason, count] of batches.entries()) {
    if (count !== undefined) yield [{ reason: shortName(ErrorReasonSchema, reason) }, count];
  }
}

/** Name of an enum's value without the prefix of its type, in lower case: `DROP_REASON_QUEUE_FULL` is `queue_full`. */
function shortName(schema: DescEnum, number: number): string {
  const name = schema.value[number]?.name ?? String(number);
  return (schema.sharedPrefix !== undefined ? name.toLowerCase().replace(schema.sharedPrefix, '') : name).toLowerCase();
}
