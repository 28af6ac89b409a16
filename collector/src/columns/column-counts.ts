import type { LoadColumn } from '@telemetry/warehouse';
import { type ColumnType, parseColumnType } from './column-type.ts';
import type { PlannedChild, PlannedColumn, PlannedOutput, PlannedTable } from './planned.ts';

/** Field of a batch that holds its events. */
export const EVENTS = 'events';
const EVENT_COUNTS = 'event_counts';
const FEATURE_COUNTS = 'feature_counts';

/** Groups of events that are counted: rows of a table of its own, some for each batch. */
export interface PlannedGroups {
  readonly child: PlannedChild;
  readonly word: PlannedColumn;
  readonly day: PlannedColumn;
  /** The tier, of events; the sum of the uses, of features. */
  readonly third: PlannedColumn;
  readonly events: PlannedColumn;
}

/** What is counted of events, and where it is found. */
export interface PlannedCounts {
  readonly name: PlannedColumn;
  readonly tier: PlannedColumn;
  readonly time: PlannedColumn;
  readonly feature: PlannedColumn;
  readonly useCount: PlannedColumn;
  readonly eventGroups: PlannedGroups;
  readonly featureGroups: PlannedGroups;
  readonly outputs: readonly PlannedOutput[];
}

/** Whether a column is counted and no field. */
export function isCountName(name: string): boolean {
  return name.startsWith(`${EVENT_COUNTS}.`) || name.startsWith(`${FEATURE_COUNTS}.`);
}

/** Plans what is counted of events whose columns are planned. Throws when a column is missing on either side. */
export function planCounts(
  root: PlannedTable,
  outputs: readonly PlannedOutput[],
  columns: readonly LoadColumn[],
): PlannedCounts {
  const columnOf = (name: string): PlannedColumn => {
    const column = outputs.find((output) => output.name === `${EVENTS}.${name}`)?.values[0];
    if (column === undefined) throw new Error(`Counting needs the column ${EVENTS}.${name}.`);
    return column;
  };
  const name = columnOf('name');
  const feature = columnOf('feature_use.feature');
  const eventGroups = planGroups(root, name);
  const featureGroups = planGroups(root, feature);
  const groups: Record<string, PlannedColumn> = {
    [`${EVENT_COUNTS}.name`]: eventGroups.word,
    [`${EVENT_COUNTS}.day`]: eventGroups.day,
    [`${EVENT_COUNTS}.tier`]: eventGroups.third,
    [`${EVENT_COUNTS}.events`]: eventGroups.events,
    [`${FEATURE_COUNTS}.feature`]: featureGroups.word,
    [`${FEATURE_COUNTS}.day`]: featureGroups.day,
    [`${FEATURE_COUNTS}.uses`]: featureGroups.third,
    [`${FEATURE_COUNTS}.events`]: featureGroups.events,
  };
  return {
    name,
    tier: columnOf('tier'),
    time: columnOf('time_unix_us'),
    feature,
    useCount: columnOf('feature_use.count'),
    eventGroups,
    featureGroups,
    outputs: columns.map((column) => {
      const value = groups[column.name];
      if (value === undefined) throw new Error(`Nothing is counted for the column ${column.name}.`);
      const { offsets } = (value.table === eventGroups.child.table ? eventGroups : featureGroups).child;
      return { name: column.name, type: arrayOf(value, column), offsets: [offsets], values: [value] };
    }),
  };
}

function planGroups(root: PlannedTable, words: PlannedColumn): PlannedGroups {
  const table: PlannedTable = { columns: [], children: [] };
  const child: PlannedChild = { table, offsets: { kind: 'number', table: root } };
  root.columns.push(child.offsets);
  root.children.push(child);
  const number = (isSum: boolean): PlannedColumn => ({ kind: 'number', table, leaf: 'UInt64', isSum });
  const word: PlannedColumn = { kind: 'word', table, leaf: 'LowCardinality(String)', wordsOf: words };
  const groups = { child, word, day: number(false), third: number(true), events: number(true) };
  table.columns.push(groups.word, groups.day, groups.third, groups.events);
  return groups;
}

function arrayOf(value: PlannedColumn, column: LoadColumn): ColumnType {
  const type = parseColumnType(column.type);
  const isWord = type.kind === 'array' && type.of.kind === 'leaf' && type.of.leaf === 'LowCardinality(String)';
  if (type.kind !== 'array' || isWord !== (value.kind === 'word'))
    throw new Error(`${column.name}: what is counted does not fit the type ${column.type}.`);
  return type;
}
