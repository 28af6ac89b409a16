import { QuestionError } from '../questions/question-error.ts';

/** What to audit. */
export interface AuditFilter {
  /** Default: all products. */
  readonly product?: string;
  /** First day, included: `YYYY-MM-DD` in UTC. Of receiving for what came in, of the event for rollups. Default: the first there is. */
  readonly from?: string;
  /** Last day, included. Default: the last there is. */
  readonly to?: string;
}

/** A filter with all bounds. An empty product stands for all. */
export interface AuditRange {
  readonly product: string;
  readonly from: string;
  readonly to: string;
}

/** The bounds of the engine's type Date. */
const firstDay = '1970-01-01';
const lastDay = '2149-06-06';

/** Checks a filter. Throws QuestionError when a day is not one, or the range is empty. */
export function checkAuditFilter({ product, from = firstDay, to = lastDay }: AuditFilter): AuditRange {
  if (product === '') throw new QuestionError('product', 'product: is empty; name one, or leave it out for all');
  checkDay('from', from);
  checkDay('to', to);
  if (from > to) throw new QuestionError('from', `from: ${from} is after to: ${to}; swap them`);
  return { product: product ?? '', from, to };
}

function checkDay(field: 'from' | 'to', day: string): void {
  const time = Date.parse(`${day}T00:00:00Z`);
  const valid = /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
  if (valid && day >= firstDay && day <= lastDay) return;
  throw new QuestionError(
    field,
    `${field}: ${JSON.stringify(day)} is not a day from ${firstDay} to ${lastDay}; write it as YYYY-MM-DD`,
  );
}
