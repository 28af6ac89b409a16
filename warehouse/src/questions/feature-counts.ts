import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';
import { QuestionError } from './question-error.ts';

/** One row of the feature-count table. */
export interface FeatureCount {
  /** Name of the feature. */
  readonly feature: string;
  /** Feature-use events, those of unknown users included. */
  readonly events: number;
  /** Different users, exactly. The same id under another hash key is another user; an event without a user counts for none. */
  readonly users: number;
}

/** Which events to count. */
export interface FeatureCountFilter {
  /** Name of the product. Default: all products together. */
  readonly product?: string;
  /** First day, included: "YYYY-MM-DD" in UTC, by the client's clock. Default: no bound. */
  readonly from?: string;
  /** Last day, included. Default: no bound. */
  readonly to?: string;
}

/** The bounds of the engine's type Date. */
const firstDay = '1970-01-01';
const lastDay = '2149-06-06';

/**
 * Which features were used, how often and by how many, ordered by events, the most first, then by name.
 *
 * @throws QuestionError when a day is not one or the range is empty; the client's errors as they are.
 */
export async function featureCounts(
  client: ClickHouseClient,
  filter: FeatureCountFilter = {},
): Promise<FeatureCount[]> {
  const { product, from = firstDay, to = lastDay } = filter;
  if (product === '') throw new QuestionError('product', 'product: is empty; name one, or leave it out for all');
  checkDay('from', from);
  checkDay('to', to);
  if (from > to) throw new QuestionError('from', `from: ${from} is after to: ${to}; swap them`);
  const result = await client.query({
    query: `SELECT feature, toString(events) AS events, toString(users) AS users
      FROM ${database}.feature_count(product = {product:String}, from = {from:Date}, to = {to:Date})`,
    query_params: { product: product ?? '', from, to },
    format: 'JSONEachRow',
  });
  const rows = await result.json<Record<keyof FeatureCount, string>>();
  return rows.map(({ feature, events, users }) => ({
    feature,
    events: exactNumber(events),
    users: exactNumber(users),
  }));
}

function checkDay(field: 'from' | 'to', day: string): void {
  const time = Date.parse(`${day}T00:00:00Z`);
  const valid = /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
  if (!valid || day < firstDay || day > lastDay) {
    throw new QuestionError(
      field,
      `${field}: ${JSON.stringify(day)} is not a day from ${firstDay} to ${lastDay}; write it as YYYY-MM-DD`,
    );
  }
}

/** Counts come as text, since JSON readers round above 2^53. No count gets there; if one did it would be wrong in silence. */
function exactNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`the count ${text} is larger than a JavaScript number holds exactly`);
  return number;
}
