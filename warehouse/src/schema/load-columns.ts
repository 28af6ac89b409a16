import { createColumnIntake } from '../migrations/v0011/column-intake.ts';

/** A column of the table that loads go to. */
export interface LoadColumn {
  /** Path of its field in `EventBatch`, by names with dots between; or `event_counts` or `feature_counts`, a dot, and what is counted. */
  readonly name: string;
  /** As ClickHouse writes it. */
  readonly type: string;
}

/** The columns of `intake_columns`, in the order in which they stand in its definition, which is the only list of them. */
export const loadColumns: readonly LoadColumn[] = columnsOf(createColumnIntake);

function columnsOf(definition: string): LoadColumn[] {
  const list = definition.slice(definition.indexOf('(') + 1, definition.lastIndexOf(')'));
  return splitAtCommas(list).map((text) => {
    const [, name, type] = /^`([^`]+)` (.+)$/.exec(text.trim()) ?? [];
    if (name === undefined || type === undefined)
      throw new Error(`The definition of intake_columns has no column in ${text}.`);
    return { name, type };
  });
}

/** At commas outside of brackets. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === undefined || (character === ',' && depth === 0)) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return parts;
}
