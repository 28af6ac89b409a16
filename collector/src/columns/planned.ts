import type { ColumnType, LeafType } from './column-type.ts';

/** A column that is filled. */
export interface PlannedColumn {
  readonly kind: 'number' | 'text' | 'word';
  readonly table: PlannedTable;
  /** Type of its values; undefined for ends of runs. */
  readonly leaf?: LeafType;
  /** The column whose dictionary it shares. */
  readonly wordsOf?: PlannedColumn;
  /** Whether numbers are added to that of any row. */
  readonly isSum?: boolean;
}

/** Rows that grow together. */
export interface PlannedTable {
  readonly columns: PlannedColumn[];
  readonly children: PlannedChild[];
}

/** A table that has a run of rows for each row of another, and the column that says where the runs end. */
export interface PlannedChild {
  readonly table: PlannedTable;
  readonly offsets: PlannedColumn;
}

/** What is done with a field: it goes into a column, or is a message of its own, or is refused. */
export interface PlannedRule {
  readonly operation: number;
  readonly column?: PlannedColumn;
  readonly inner?: PlannedInner;
}

/** A message inside of another. */
export interface PlannedInner {
  readonly node: PlannedNode;
  /** When it is a row of a table of its own. */
  readonly child?: PlannedChild;
  /** Put into a column when the message comes. */
  readonly kind?: number;
  readonly kindColumn?: PlannedColumn;
}

/** A message at a certain place of the schema. */
export interface PlannedNode {
  readonly table: PlannedTable;
  /** By tag. */
  readonly rules: Map<number, PlannedRule>;
}

/** A column of the table that is loaded. */
export interface PlannedOutput {
  readonly name: string;
  readonly type: ColumnType;
  /** From the outermost array inwards. */
  readonly offsets: readonly PlannedColumn[];
  /** One, or a map's keys and values. */
  readonly values: readonly PlannedColumn[];
}
